"""The state of a training run: its phases, what falls due in them, one step, and how all of it is saved and taken up again."""

from __future__ import annotations

import copy
import logging
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from flightasic.data.augment import augmentation
from flightasic.errors import ConfigError
from flightasic.nn.checkpoint import Checkpoint
from flightasic.nn.control import Controller
from flightasic.nn.evaluate import Images, accuracy_of, to_inputs
from flightasic.nn.models import build
from flightasic.nn.network import FLightNetwork
from flightasic.nn.scheme import Scheme
from flightasic.nn.settings import TrainSettings
from flightasic.nn.target import KMeter, Meter, Target

_log = logging.getLogger(__name__)

CALIBRATION_IMAGES = 1024
_REPORT_EVERY = 50
_WARMUP_START = 1e-3
_TEMPERATURE = 2.0


@dataclass(frozen=True)
class Step:
    """Progress after one optimiser step: means over the epoch so far (``accuracy`` in 0..1), and the target's cost or nan."""

    phase: str
    epoch: int
    step: int
    steps: int
    loss: float
    accuracy: float
    mean_k: float
    cost: float
    unit: str


def _arrange(model: FLightNetwork, order: torch.memory_format) -> None:
    """Order of the convolutions' weights in memory; with channels last, CPUs and GPUs compute them much faster."""
    for parameter in model.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=order)


class Run:
    """The state of one training run."""

    def __init__(
        self,
        settings: TrainSettings,
        data: Images,
        validation: Images | None,
        meter: Meter | None,
        on_step: Callable[[Step], None] | None,
        model: FLightNetwork | None,
    ) -> None:
        self.settings = settings
        self.data, self.validation = data, validation
        self.on_step = on_step
        self.history: list[dict[str, Any]] = []
        self.target = None if settings.target is None else Target.parse(settings.target)
        self.meter = meter
        if self.target is not None and meter is None:
            if self.target.quantity != "k":
                raise ConfigError(f"target {settings.target!r} needs a meter; make one with flightasic.pricing.meter_for")
            self.meter = KMeter()
        self.augment = augmentation(settings.augment)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            float_scheme = Scheme.create("float")
            self.model = model or build(
                settings.model, float_scheme, in_shape=data.in_shape, classes=data.classes, acc_bits=settings.acc_bits
            )
        if not self.model.scheme.is_float:
            raise ConfigError(f"the network to start from has scheme {self.model.scheme.name!r}; start from float weights")
        self.model.to(settings.device)
        _arrange(self.model, torch.channels_last)
        self.phase = "float"
        self.control: Controller | None = None
        self.teacher: FLightNetwork | None = None
        self.best: dict[str, Any] | None = None
        self.optimiser = self._make_optimiser()

    def schedule(self) -> Iterator[tuple[str, int, int]]:
        """(phase, epoch in phase, epochs of phase) of every epoch of the run."""
        for phase, epochs in self.settings.phases:
            for epoch in range(epochs):
                yield phase, epoch, epochs

    def _make_optimiser(self) -> torch.optim.Optimizer:
        """Weights decay; thresholds, scales, batch norms and biases do not."""
        groups: dict[str, list[nn.Parameter]] = {"weights": [], "others": [], "thresholds": []}
        for name, parameter in self.model.named_parameters():
            kind = "thresholds" if name.endswith("thresholds") else "weights" if parameter.ndim > 1 else "others"
            groups[kind].append(parameter)
        lr = self.settings.float_lr if self.phase == "float" else self.settings.lr
        return torch.optim.AdamW(
            [
                {"params": groups["weights"], "peak_lr": lr, "weight_decay": self.settings.weight_decay},
                {"params": groups["others"], "peak_lr": lr, "weight_decay": 0.0},
                {"params": groups["thresholds"], "peak_lr": self.settings.threshold_lr, "weight_decay": 0.0},
            ],
            lr=lr,
            foreach=True,
        )

    def _enter(self, phase: str) -> None:
        """Begin a phase from the present weights."""
        if phase == self.phase:
            return
        self._return_to_best()
        self.phase, self.best = phase, None
        self._keep_teacher()
        self.model.set_scheme(self.settings.quantised_scheme)
        self._calibrate()
        if self.settings.batch_norm_share:
            self._adapt(True)
        if self.target is not None and self.meter is not None:
            self.control = Controller.start(self.model, self.target, self.meter, self.settings.ramp)
        self.optimiser = self._make_optimiser()

    def _keep_teacher(self) -> None:
        """Keep the float network as it is now, for distillation."""
        if self.settings.distill:
            self.teacher = copy.deepcopy(self.model).eval().requires_grad_(False)

    def _calibrate(self) -> None:
        indices = torch.arange(min(CALIBRATION_IMAGES, len(self.data)))
        self.model.calibrate(self._inputs(self.data.batch(part)[0]) for part in torch.split(indices, self.settings.batch))

    def _inputs(self, images: Tensor) -> Tensor:
        inputs = to_inputs(images).to(self.settings.device)
        # Copied, since one channel is "contiguous" in any order, and the convolution would then choose the slow one for its output.
        return torch.empty_like(inputs, memory_format=torch.channels_last).copy_(inputs)

    def _adapt(self, on: bool) -> None:
        """Let batch norms and activation scales follow the data, or keep them as they are."""
        self.model.use_batch_statistics(on)
        for stage in self.model.stage_list():
            stage.act.freeze(not on)

    def _k_is_open(self) -> bool:
        """Whether k may still change."""
        return self.control is not None or any(layer.thresholds is not None and not layer.k_is_fixed for layer in self.model.layers())

    def _fix_k(self) -> None:
        if self.control is not None:
            self.control.settle()
            self.control = None
        else:
            for layer, planes in zip(self.model.layers(), [planes for planes in self.model.kept() if planes.numel()], strict=True):
                layer.fix_k(planes)
        self.best = None

    def _reach(self, progress: float) -> None:
        """What falls due at ``progress`` (0..1) of the quantised phase."""
        if progress >= self.settings.batch_norm_share and not self.model.stage_list()[0].act.frozen:
            self._adapt(False)
            self._calibrate()
        if self.settings.fix_k_at < 1 and progress >= self.settings.fix_k_at and self._k_is_open():
            self._fix_k()
        if self.settings.hold_exponents and progress >= self.settings.fix_k_at and not self._exponents_are_held():
            for layer in self.model.layers():
                layer.hold_exponents()
            self.best = None

    def _exponents_are_held(self) -> bool:
        return all(layer.held_base is not None for layer in self.model.layers())

    def finish(self) -> None:
        """Leave the model as the settings ask, also where the quantised phase had no epochs."""
        self._enter(self.settings.phases[-1][0])
        if self.phase == "quantised":
            self._reach(1.0)
        self._return_to_best()
        self.model.to("cpu")
        _arrange(self.model, torch.contiguous_format)
        self.model.eval()

    def _return_to_best(self) -> None:
        if self.best is not None and self.settings.patience is not None:
            self.model.load_state_dict(self.best["model"])

    def _settled(self) -> bool:
        """Whether epochs may be compared: nothing that is still to be fixed can lower the accuracy later."""
        if self.phase == "float":
            return True
        if self.settings.hold_exponents and not self._exponents_are_held():
            return False
        return bool(self.model.stage_list()[0].act.frozen) and not (self.settings.fix_k_at < 1 and self._k_is_open())

    def ended(self, phase: str) -> bool:
        """Whether early stopping has ended the phase."""
        patience = self.settings.patience
        return phase == self.phase and patience is not None and self.best is not None and self.best["since"] >= patience

    def epoch(self, phase: str, epoch: int, epochs: int) -> None:
        """One pass over the data."""
        self._enter(phase)
        self.model.train()
        seed = hash((self.settings.seed, phase == "float", epoch)) & 0x7FFFFFFF
        generator = torch.Generator().manual_seed(seed)
        batches = torch.split(torch.randperm(len(self.data), generator=generator), self.settings.batch)
        loss_sum, right, seen = torch.zeros(()), torch.zeros(()), 0
        mean_k, loss, accuracy = math.nan, math.nan, math.nan
        for step, batch in enumerate(batches):
            progress = (epoch + step / len(batches)) / epochs
            self._set_lr(progress)
            if phase == "quantised":
                self._reach(progress)
                self.model.observe(step % _REPORT_EVERY == 0 and not self.model.stage_list()[0].act.frozen)
            batch_loss, batch_right = self._step(batch, generator, progress)
            loss_sum, right, seen = loss_sum + batch_loss * len(batch), right + batch_right, seen + len(batch)
            if step % _REPORT_EVERY == 0 or step == len(batches) - 1:
                loss, accuracy = float(loss_sum) / seen, float(right) / seen
                mean_k = self.model.mean_k() if phase == "quantised" else math.nan
            if self.on_step is not None:
                cost, unit = self._cost()
                self.on_step(Step(phase, epoch, step + 1, len(batches), loss, accuracy, mean_k, cost, unit))
        self.model.observe(False)
        self._record(phase, epoch, loss, accuracy, mean_k)

    def _cost(self) -> tuple[float, str]:
        return (math.nan, "") if self.control is None else (self.control.total, self.control.meter.unit)

    def _record(self, phase: str, epoch: int, loss: float, accuracy: float, mean_k: float) -> None:
        measured = math.nan
        if self.validation is not None:
            measured = accuracy_of(self.model, self.validation, device=self.settings.device)
            if not self._settled():
                self.best = None
            elif self.best is None or measured > self.best["validation"]:
                state = {name: value.clone() for name, value in self.model.state_dict().items()}
                self.best = {"validation": measured, "since": 0, "model": state}
            else:
                self.best["since"] += 1
        lr = self.optimiser.param_groups[0]["lr"]
        record = {"phase": phase, "epoch": epoch, "lr": lr, "loss": loss, "accuracy": accuracy, "mean_k": mean_k}
        self.history.append({**record, "cost": self._cost()[0], "validation": measured})
        _log.info("%s epoch %d: loss %.4f accuracy %.4f mean k %.3f validation %.4f", phase, epoch, loss, accuracy, mean_k, measured)

    def _set_lr(self, progress: float) -> None:
        warmup = self.settings.warmup if self.phase == "float" else 0.0
        falling = 0.5 * (1 + math.cos(math.pi * (progress - warmup) / (1 - warmup))) if progress >= warmup else 1.0
        factor = min(falling, max(progress, _WARMUP_START) / warmup) if warmup else falling
        for group in self.optimiser.param_groups:
            group["lr"] = group["peak_lr"] * factor

    def _step(self, batch: Tensor, generator: torch.Generator, progress: float) -> tuple[Tensor, Tensor]:
        images, labels = self.data.batch(batch)
        labels = labels.to(self.settings.device)
        with torch.autocast(self.settings.device, torch.bfloat16, enabled=self.settings.precision == "bfloat16"):
            inputs = self._inputs(self.augment(images, generator))
            logits = self.model(inputs)
            loss = nn.functional.cross_entropy(logits.float(), labels)
            total = loss
            if self.teacher is not None:
                total = loss.lerp(self._distillation(logits, inputs), self.settings.distill)
        if self.phase == "quantised" and self._lasso_counts():
            rise = min(1.0, progress / self.settings.ramp) if self.settings.ramp else 1.0
            total = total + self.model.regulariser(tuple(rise * value for value in self.settings.lambdas))
        self.optimiser.zero_grad()
        if self.control is not None:
            self.control.before_backward()
        torch.autograd.backward(total)
        if self.control is not None:
            self.control.after_backward(progress)
        self.optimiser.step()
        return loss.detach().cpu(), (logits.detach().argmax(1) == labels).sum().cpu()

    def _distillation(self, logits: Tensor, inputs: Tensor) -> Tensor:
        """How far the answers are from the float network's, both softened."""
        assert self.teacher is not None
        with torch.no_grad():
            taught = self.teacher(inputs).float() / _TEMPERATURE
        learned = nn.functional.log_softmax(logits.float() / _TEMPERATURE, dim=1)
        return _TEMPERATURE**2 * nn.functional.kl_div(learned, taught.log_softmax(dim=1), reduction="batchmean", log_target=True)

    def _lasso_counts(self) -> bool:
        """Whether the group lasso decides about k: not where a target does, and not once k is fixed."""
        return self.model.scheme.learned and self.target is None and (self.settings.fix_k_at == 1 or self._k_is_open())

    def snapshot(self, index: int) -> Checkpoint:
        """The state after epoch ``index`` of the schedule."""
        extra = {
            "control": None if self.control is None else self.control.state(),
            "best": self.best,
            "teacher": None if self.teacher is None else self.teacher.state_dict(),
        }
        settings = asdict(self.settings)
        return Checkpoint(settings, index, self.phase, self.model.state_dict(), self.optimiser.state_dict(), self.history, extra)

    def restore(self, saved: Checkpoint) -> int:
        """Take a snapshot's state; returns the index of its epoch."""
        for name, value in asdict(self.settings).items():
            if saved.settings.get(name) != value:
                raise ConfigError(
                    f"the checkpoint was made with {name}={saved.settings.get(name)!r}, this run has {value!r}; "
                    "use the same settings, or start anew without --resume"
                )
        if saved.extra["teacher"] is not None:
            self._keep_teacher()
        if self.teacher is not None:
            self.teacher.load_state_dict(saved.extra["teacher"])
        if saved.phase == "quantised":
            self.model.set_scheme(self.settings.quantised_scheme)
            self.phase = "quantised"
            self.optimiser = self._make_optimiser()
        self.model.load_state_dict(saved.model)
        self.optimiser.load_state_dict(saved.optimiser)
        if self.phase == "quantised":
            self.model.use_batch_statistics(not self.model.stage_list()[0].act.frozen)
        for layer in self.model.layers():
            if layer.thresholds is not None and layer.k_is_fixed:
                layer.thresholds.requires_grad_(False)
        if saved.extra["control"] is not None and self.meter is not None:
            self.control = Controller(self.model, self.meter, ramp=self.settings.ramp, **saved.extra["control"])
            self.control.sensitivity = [part.to(self.settings.device) for part in self.control.sensitivity]
        self.best = saved.extra["best"]
        self.history = list(saved.history)
        return saved.index

    def start_from(self, saved: Checkpoint, path: Path) -> None:
        """Take the weights of a float run."""
        if saved.settings.get("model") != self.settings.model or saved.phase != "float":
            raise ConfigError(
                f"{path} is a {saved.phase} network of model {saved.settings.get('model')!r}, "
                f"--start needs a float one of {self.settings.model!r}; train it with --scheme float"
            )
        stopped_early = saved.settings.get("patience") is not None and saved.extra["best"] is not None
        state = saved.extra["best"]["model"] if stopped_early else saved.model
        for name, value in self.model.state_dict().items():
            if name not in state or state[name].shape != value.shape:
                raise ConfigError(f"{path} was trained on images of another shape or number of classes ({name}); train it on this data set")
        self.model.load_state_dict(state)
