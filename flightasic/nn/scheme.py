"""What the weights of a network are made of: FLightNN, LightNN, fixed point or float (Ding et al., DAC 2019)."""

from __future__ import annotations

from dataclasses import dataclass

from flightasic.config import CODE_BITS, FIXED_WEIGHT_MAX, MAX_PLANES
from flightasic.errors import ConfigError

QUANTISED_SCHEMES = ("flight", "lightnn1", "lightnn2", "fixed4", "fixed8")
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
        Whether the number of terms is learned per filter (FLightNN) or is ``planes`` for every filter.
    """

    name: str
    arith: str
    planes: int
    limit: int
    learned: bool = False

    @property
    def is_float(self) -> bool:
        return self.name == "float"

    @classmethod
    def create(cls, name: str, *, planes: int = 2, code_bits: int = 4) -> Scheme:
        """A scheme by name.

        ``planes`` (1..3) counts for "flight" only; ``code_bits`` (3 or 4) for "flight" and LightNN: the bits of one term.
        An unknown name or a value out of range is a ConfigError.
        """
        if name not in SCHEMES:
            raise ConfigError(f"scheme must be one of {', '.join(SCHEMES)}, got {name!r}")
        if not 1 <= planes <= MAX_PLANES:
            raise ConfigError(f"planes must be 1..{MAX_PLANES}, got {planes}")
        if code_bits not in CODE_BITS["shift"]:
            raise ConfigError(f"code_bits must be 3 or 4, got {code_bits}")
        max_shift = (1 << (code_bits - 1)) - 2
        return {
            "flight": cls(name="flight", arith="shift", planes=planes, limit=max_shift, learned=True),
            "lightnn1": cls(name="lightnn1", arith="shift", planes=1, limit=max_shift),
            "lightnn2": cls(name="lightnn2", arith="shift", planes=2, limit=max_shift),
            "fixed4": cls(name="fixed4", arith="fixed4", planes=1, limit=FIXED_WEIGHT_MAX["fixed4"]),
            "fixed8": cls(name="fixed8", arith="fixed8", planes=1, limit=FIXED_WEIGHT_MAX["fixed8"]),
            "float": cls(name="float", arith="float", planes=1, limit=0),
        }[name]
