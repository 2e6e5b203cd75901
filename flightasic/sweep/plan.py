"""From a sweep's YAML file to its jobs (docs/sweeps.md describes the file)."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import yaml

from flightasic.data.augment import USUAL, augmentation
from flightasic.errors import ConfigError
from flightasic.job import array_of
from flightasic.nn.models import MODELS
from flightasic.nn.scheme import SCHEMES
from flightasic.nn.settings import TrainSettings

_AXES = ("model", "dataset", "seed")
_KEYS = ("datasets", "nets", "seeds", "schemes", "defaults")
_START = "start"
_TYPES = get_type_hints(TrainSettings)
_SETTINGS = tuple(field.name for field in fields(TrainSettings) if field.name not in (*_AXES, "scheme"))
# What float training does not look at: changing it in a sweep's defaults leaves the float runs as they are.
QUANTISED_ONLY = (
    "epochs", "lr", "threshold_lr", "lambdas", "distill", "ramp", "batch_norm_share", "fix_k_at", "hold_exponents",
    "planes", "code_bits", "dead_zone", "target", "array",
)  # fmt: skip


@dataclass(frozen=True)
class Job:
    """One training run of a sweep.

    Attributes
    ----------
    variant : str
        Key under ``schemes:`` in the sweep's file.
    settings : TrainSettings
    start : Job or None
        The float run this one fine-tunes.
    """

    variant: str
    settings: TrainSettings
    start: Job | None = None

    @property
    def network(self) -> str:
        """Name of the network: net and variant, such as ``net1-flight-a``."""
        return f"{self.settings.model}-{self.variant}"

    @property
    def name(self) -> str:
        """Unique name in the sweep, which is also its folder: data set, network, seed."""
        return f"{self.settings.dataset}/{self.network}/seed{self.settings.seed}"


def load_plan(path: Path) -> list[Job]:
    """The jobs of a sweep's file, every job after the one it starts from.

    Raises
    ------
    ConfigError
        If the file is missing, is not YAML, or holds an unknown key or a value of the wrong type or range; the message names it.
    """
    try:
        content = yaml.safe_load(path.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: not a readable YAML file ({' '.join(str(error).split())}); docs/sweeps.md shows one") from error
    try:
        return _Plan(content).jobs()
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


class _Plan:
    def __init__(self, content: Any) -> None:
        top = _mapping(content, "the file")
        _check_keys(top, _KEYS, "the file")
        for key in ("nets", "schemes"):
            if not top.get(key):
                raise ConfigError(f"{key!r} is missing or empty; list at least one")
        self.nets = _axis(top["nets"], "nets", MODELS)
        self.datasets = _axis(top.get("datasets", ["fashion-mnist"]), "datasets", USUAL)
        self.seeds = _seeds(top.get("seeds", [0]))
        self.defaults = _settings(top.get("defaults"), "defaults", (*_SETTINGS, _START))
        self.variants = {str(name): _variant(str(name), value) for name, value in _mapping(top["schemes"], "schemes").items()}
        for name, values in self.variants.items():
            self._check_start(name, {**self.defaults, **values})

    def _check_start(self, name: str, values: Mapping[str, Any]) -> None:
        start = values.get(_START)
        if start is None or values["scheme"] == "float":
            return
        if self.variants.get(start, {}).get("scheme") != "float":
            floats = [variant for variant, own in self.variants.items() if own["scheme"] == "float"]
            listed = ", ".join(floats) or "none; add 'float: {}'"
            raise ConfigError(f"schemes.{name}: start must name a float entry under schemes, got {start!r} (there: {listed})")

    def jobs(self) -> list[Job]:
        """Float runs first, then the others in the order of the file."""
        made: dict[tuple[str, str, str, int], Job] = {}
        # What others start from is made before them.
        ordered = sorted(self.variants, key=lambda variant: self.variants[variant]["scheme"] != "float")
        for variant in ordered:
            for dataset in self.datasets:
                for net in self.nets:
                    for seed in self.seeds:
                        job = self._job(variant, dataset, net, seed, made)
                        made[variant, dataset, net, seed] = job
        return list(made.values())

    def _job(self, variant: str, dataset: str, net: str, seed: int, made: Mapping[tuple[str, str, str, int], Job]) -> Job:
        values = {**self.defaults, **self.datasets[dataset], **self.nets[net], **self.variants[variant]}
        start_variant = values.pop(_START, None)
        start = None
        if values["scheme"] == "float":
            values = {name: value for name, value in values.items() if name not in QUANTISED_ONLY} | {"epochs": 0}
        elif start_variant is not None:
            start = made[start_variant, dataset, net, seed]
            values["float_epochs"] = 0
        try:
            settings = TrainSettings(model=net, dataset=dataset, seed=seed, **values)
            augmentation(settings.augment)
            if settings.target is not None:
                array_of(settings)
        except ConfigError as error:
            raise ConfigError(f"{net} with schemes.{variant} on {dataset}: {error}") from error
        return Job(variant, settings, start)


def _axis(value: Any, where: str, known: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Names, and the settings that count for each: a list of names, or a mapping from names to settings."""
    entries = value if isinstance(value, dict) else dict.fromkeys(_list(value, where))
    for name in entries:
        if name not in known:
            raise ConfigError(f"{where}: unknown name {name!r}{_hint(str(name), known)}")
    return {name: _settings(own, f"{where}.{name}", _SETTINGS) for name, own in entries.items()}


def _variant(name: str, value: Any) -> dict[str, Any]:
    where = f"schemes.{name}"
    own = _settings(value, where, (*_SETTINGS, _START, "scheme"))
    scheme = own.setdefault("scheme", name)
    if scheme not in SCHEMES:
        raise ConfigError(f"{where}: scheme must be one of {', '.join(SCHEMES)}, got {scheme!r}; name the scheme of a variant by 'scheme:'")
    return own


def _seeds(value: Any) -> list[int]:
    seeds = _list(value, "seeds")
    for seed in seeds:
        if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
            raise ConfigError(f"seeds must be integers >= 0, got {seed!r}")
    return seeds


def _settings(value: Any, where: str, known: Iterable[str]) -> dict[str, Any]:
    values = _mapping({} if value is None else value, where)
    _check_keys(values, known, where)
    return {name: _typed(name, each, where) for name, each in values.items()}


def _typed(name: str, value: Any, where: str) -> Any:
    """``value`` as the settings' type; YAML reads 1e-3 as text and lists where tuples are meant."""
    if name == _START:
        if value is not None and not isinstance(value, str):
            raise ConfigError(f"{where}.{name} must name an entry under schemes, got {value!r}")
        return value
    kinds = get_args(_TYPES[name]) if isinstance(_TYPES[name], UnionType) else (_TYPES[name],)
    plain = [get_origin(kind) or kind for kind in kinds]
    if tuple in plain and isinstance(value, list):
        numbers = [_number(each) for each in value]
        if None not in numbers:
            return tuple(numbers)
    elif float in plain:
        number = _number(value)
        if number is not None:
            return number
    elif type(value) in plain:
        return value
    names = {
        tuple: "a list of numbers",
        float: "a number",
        int: "an integer",
        bool: "true or false",
        str: "text",
        dict: "a mapping",
        NoneType: "null",
    }
    raise ConfigError(f"{where}.{name} must be {' or '.join(names[kind] for kind in plain)}, got {value!r}")


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def _mapping(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ConfigError(f"{where} must be a mapping (key: value lines), got {value!r}")
    return value


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise ConfigError(f"{where} must be a list such as [a, b], got {value!r}")
    if len(set(map(str, value))) < len(value):
        raise ConfigError(f"{where} names an entry twice: {value!r}")
    return value


def _check_keys(values: Mapping[Any, Any], known: Iterable[str], where: str) -> None:
    for key in values:
        if key not in known:
            raise ConfigError(f"unknown key {key!r} in {where}{_hint(str(key), known)}")


def _hint(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(known)}"
