"""Everything that determines what a training run makes of its data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flightasic.errors import ConfigError
from flightasic.nn.scheme import Scheme
from flightasic.nn.target import Target

PRECISIONS = ("float32", "bfloat16")
DEVICES = ("cpu", "cuda")


@dataclass(frozen=True, kw_only=True)
class TrainSettings:
    """Everything that determines the trained weights, with the data (and torch's version, device and thread count).

    Attributes
    ----------
    model, scheme : str
        Names in :data:`flightasic.nn.models.MODELS` and :data:`flightasic.nn.scheme.SCHEMES`.
    dataset, augment : str
        Names for :func:`flightasic.data.load` and :func:`flightasic.data.augment.augmentation`.
    epochs, float_epochs : int
        Passes over the data with quantised weights, and with float weights before them (0 = quantised from scratch).
    seed : int
    limit : int or None
        Train on the first ``limit`` images only.
    validation : int
        Images at the end of the training split that are kept out of training to measure accuracy after every epoch.
    patience : int or None
        End a phase after so many epochs without better validation accuracy, and go back to its best epoch. In the quantised phase only
        epochs count in which batch norms, scales and k have become fixed.
    batch : int
        Images per step.
    lr, float_lr, threshold_lr : float
        Initial learning rates of the quantised and float phases and of the thresholds; each falls along a cosine to 0.
    warmup : float
        Share of the float phase in which its learning rate rises.
    weight_decay : float
        Of the weights (AdamW); thresholds, batch norms and biases do not decay.
    lambdas : tuple of float
        Group-lasso weights lambda_j of the residuals r_j; the last repeats. They do not count where a target decides.
    distill : float
        Weight (0..1) of the float network's softened answers beside the labels while the quantised one learns (Hinton et al., 2015).
    ramp : float
        Share of the quantised phase in which the lambdas rise from 0, and a target's limit falls from the cost at the start.
    batch_norm_share : float
        Share of the quantised phase in which batch norms still normalise by the batch and activation scales adapt; then both stay.
    fix_k_at : float
        Share of the quantised phase after which k no longer changes; a target is met exactly from there on. 1 = never fixed.
    hold_exponents : bool
        Whether from there on each filter's exponents (of its planes, or of fixed-point integers) stay too: a step of an exponent changes
        all of its codes at once.
    planes, code_bits, dead_zone, acc_bits
        Most terms per weight (FLightNN), bits of a term, share of a filter's root mean square below which weights become zero
        codes, width of the accumulator.
    target : str or None
        What the network may cost (:meth:`flightasic.nn.target.Target.parse`).
    array : dict or None
        :class:`flightasic.config.ArrayConfig` fields of the array that cycles and energy are meant for; None = the default array.
    precision : str
        "bfloat16" computes convolutions in bfloat16 while training; evaluation is always exact.
    device : str
        "cpu" or "cuda". Only runs on a CPU give the same weights again, bit for bit.
    """

    model: str = "cnn-s"
    scheme: str = "flight"
    dataset: str = "fashion-mnist"
    augment: str = "none"
    epochs: int = 3
    float_epochs: int = 3
    seed: int = 0
    limit: int | None = None
    validation: int = 0
    patience: int | None = None
    batch: int = 128
    lr: float = 2e-3
    float_lr: float = 4e-3
    threshold_lr: float = 3e-3
    warmup: float = 0.1
    weight_decay: float = 1e-2
    lambdas: tuple[float, ...] = (0.0, 1e-3)
    distill: float = 0.0
    ramp: float = 0.4
    batch_norm_share: float = 0.5
    fix_k_at: float = 0.6
    hold_exponents: bool = False
    planes: int = 2
    code_bits: int = 4
    dead_zone: float = 0.0
    acc_bits: int = 24
    target: str | None = None
    array: dict[str, Any] | None = None
    precision: str = "float32"
    device: str = "cpu"

    def __post_init__(self) -> None:
        for name in ("epochs", "float_epochs", "validation", "weight_decay"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name} must not be negative, got {getattr(self, name)}")
        for name in ("batch", "lr", "float_lr", "threshold_lr"):
            if getattr(self, name) <= 0:
                raise ConfigError(f"{name} must be positive, got {getattr(self, name)}")
        for name in ("distill", "ramp", "batch_norm_share", "fix_k_at", "warmup"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name} must be in 0..1, got {getattr(self, name)}")
        for name in ("limit", "patience"):
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.hold_exponents and self.fix_k_at == 1:
            raise ConfigError("hold_exponents holds them from fix_k_at on, and fix_k_at=1.0 means never; set it below 1 (0.6 is usual)")
        if self.patience is not None and not self.validation:
            raise ConfigError(f"patience={self.patience} needs images to judge by; set validation too")
        if not self.lambdas or min(self.lambdas) < 0:
            raise ConfigError(f"lambdas must be one or more numbers >= 0, got {self.lambdas}")
        if self.precision not in PRECISIONS:
            raise ConfigError(f"precision must be one of {', '.join(PRECISIONS)}, got {self.precision!r}")
        if self.device not in DEVICES:
            raise ConfigError(f"device must be one of {', '.join(DEVICES)}, got {self.device!r}")
        if not 18 <= self.acc_bits <= 32:
            raise ConfigError(f"acc_bits must be in 18..32, got {self.acc_bits}")
        scheme = self.quantised_scheme
        if self.target is not None:
            Target.parse(self.target)
            if not scheme.learned:
                raise ConfigError(
                    f"target={self.target!r} needs a learned k; scheme {self.scheme!r} has none, 'flight' and 'fixed4-pruned' do"
                )
            if not 0 < self.fix_k_at < 1 or not self.epochs:
                raise ConfigError(
                    f"target={self.target!r} takes epochs to learn what to keep and is met when k is fixed; set epochs above 0 (got "
                    f"{self.epochs}) and fix_k_at between 0 and 1 (got {self.fix_k_at}; 0.6 is usual)"
                )

    @property
    def quantised_scheme(self) -> Scheme:
        return Scheme.create(self.scheme, planes=self.planes, code_bits=self.code_bits, dead_zone=self.dead_zone)

    @property
    def phases(self) -> list[tuple[str, int]]:
        """("float", ``float_epochs``) and, unless the scheme is float, ("quantised", ``epochs``)."""
        if self.scheme == "float":
            return [("float", self.float_epochs)]
        return [("float", self.float_epochs), ("quantised", self.epochs)]
