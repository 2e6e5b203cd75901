"""What the weights of a network are made of: FLightNN, LightNN, fixed point or float (Ding et al., DAC 2019)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flightasic.config import CODE_BITS, FIXED_WEIGHT_MAX, MAX_PLANES, one_of
from flightasic.errors import ConfigError

QUANTISED_SCHEMES = ("flight", "lightnn1", "lightnn2", "fixed4", "fixed8", "fixed4-pruned")
SCHEMES = (*QUANTISED_SCHEMES, "float")


@dataclass(frozen=True, kw_only=True)
class Scheme:
    """One weight quantisation.

    Attributes
    ----------
    name : str
        One of :data:`SCHEMES`.
    arith : str
        Arithmetic of the array that runs it: "shift", "fixed4", "fixed8"; "float" runs on none.
    planes : int
        Largest number of terms per weight (1..3); 1 for fixed point.
    limit : int
        "shift": the largest shift of a term, so plane j has exponents in ``base_j .. base_j + limit``.
        Fixed point: the largest magnitude of a weight, 7 or 127.
    learned : bool
        Whether the number of terms is learned per filter (FLightNN; pruned fixed point: none or one) or is ``planes`` for all.
    dead_zone : float
        Weights smaller than this share (0..1) of the root mean square of what a plane still has to represent become zero codes.
    """

    name: str
    arith: str
    planes: int
    limit: int
    learned: bool = False
    dead_zone: float = 0.0

    @property
    def is_float(self) -> bool:
        return self.name == "float"

    @classmethod
    def create(cls, name: str, *, planes: int = 2, code_bits: int = 4, dead_zone: float = 0.0) -> Scheme:
        """A scheme by name.

        ``planes`` (1..3) counts for "flight" only; ``code_bits`` (2, 3 or 4, the bits of one term) and ``dead_zone`` (0..1) for
        "flight" and LightNN. An unknown name or a value out of range is a ConfigError.
        """
        if name not in SCHEMES:
            raise ConfigError(f"scheme must be one of {', '.join(SCHEMES)}, got {name!r}")
        if not 1 <= planes <= MAX_PLANES:
            raise ConfigError(f"planes must be 1..{MAX_PLANES}, got {planes}")
        if code_bits not in CODE_BITS["shift"]:
            raise ConfigError(f"code_bits must be {one_of(sorted(CODE_BITS['shift']))}, got {code_bits}")
        if not 0 <= dead_zone <= 1:
            raise ConfigError(f"dead_zone must be in 0..1, got {dead_zone}")
        max_shift = (1 << (code_bits - 1)) - 2
        terms: dict[str, Any] = {"name": name, "arith": "shift", "limit": max_shift, "dead_zone": dead_zone}
        multiplier: dict[str, Any] = {"name": name, "arith": name[:6], "planes": 1, "limit": FIXED_WEIGHT_MAX.get(name[:6], 0)}
        return {
            "flight": lambda: cls(**terms, planes=planes, learned=True),
            "lightnn1": lambda: cls(**terms, planes=1),
            "lightnn2": lambda: cls(**terms, planes=2),
            "fixed4": lambda: cls(**multiplier),
            "fixed8": lambda: cls(**multiplier),
            "fixed4-pruned": lambda: cls(**multiplier, learned=True),
            "float": lambda: cls(name=name, arith="float", planes=1, limit=0),
        }[name]()
