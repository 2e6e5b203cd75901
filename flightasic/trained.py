"""The networks that a sweep has trained, read back from its folder (docs/sweeps.md)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flightasic.errors import FormatError
from flightasic.ir import IntegerNetwork
from flightasic.job import load_float
from flightasic.nn.network import FLightNetwork
from flightasic.results import Record, load_records
from flightasic.sweep.plan import QUANTISED_ONLY
from flightasic.sweep.run import STATE_FILE

_RESULTS = "results"


@dataclass(frozen=True)
class TrainedNetwork:
    """A finished job of a sweep: its network's file (.flnet, or .safetensors for float weights) and its training record."""

    path: Path
    record: Record

    @property
    def settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = self.record.data["settings"]
        return settings

    @property
    def net(self) -> str:
        """Name of the model, such as "net1"."""
        return str(self.settings["model"])

    @property
    def variant(self) -> str:
        """What the sweep calls the scheme, such as "flight-a"."""
        return self.path.stem.removeprefix(f"{self.net}-")

    @property
    def dataset(self) -> str:
        return str(self.settings["dataset"])

    @property
    def seed(self) -> int:
        return int(self.settings["seed"])

    @property
    def is_float(self) -> bool:
        return self.path.suffix == ".safetensors"

    def load(self) -> IntegerNetwork | FLightNetwork:
        """The network; a missing or damaged file is a FormatError."""
        return load_float(self.path)[0] if self.is_float else IntegerNetwork.load(self.path)


def trained_networks(folder: Path, *, dataset: str | None = None, seed: int | None = None) -> list[TrainedNetwork]:
    """Every finished job of a sweep's folder by data set, network and seed, or those of one data set or seed.

    Raises
    ------
    FormatError
        If there is none, the training record of one is missing or damaged, or the seeds of one were not trained alike.
    """
    records = load_records(folder / _RESULTS, "train")
    found = []
    for path in folder.glob(f"*/*/seed*/{STATE_FILE}"):
        result = _result(path)
        if result is not None:
            found.append(_trained(path.parent, result, records))
    chosen = [each for each in found if dataset in (None, each.dataset) and seed in (None, each.seed)]
    if not chosen:
        wanted = "".join(f", {name} {value}" for name, value in (("data set", dataset), ("seed", seed)) if value is not None)
        raise FormatError(f"{folder}: no finished job of a sweep{wanted}; run 'flightasic sweep' and name its folder")
    ordered = sorted(chosen, key=lambda each: (each.dataset, each.net, each.variant, each.seed))
    require_alike(ordered)
    return ordered


def require_alike(found: Sequence[TrainedNetwork]) -> None:
    """Refuse (FormatError) networks of the same data set, model and variant whose settings differ in more than the seed."""
    first: dict[tuple[str, str, str], TrainedNetwork] = {}
    for each in found:
        other = first.setdefault((each.dataset, each.net, each.variant), each)
        without_effect = {"seed", *(QUANTISED_ONLY if each.is_float else ())}
        for name in sorted({*each.settings, *other.settings} - without_effect):
            mine, theirs = each.settings.get(name), other.settings.get(name)
            if mine != theirs:
                raise FormatError(
                    f"{each.path} was trained with {name}={mine!r}, {other.path} with {theirs!r}; delete the older one and sweep again"
                )


def _result(path: Path) -> dict[str, Any] | None:
    try:
        result: dict[str, Any] | None = json.loads(path.read_text())["result"]
    except (ValueError, TypeError, KeyError) as error:
        raise FormatError(f"{path}: not the state of a job ({error}); delete its folder and run the sweep again") from error
    return result


def _trained(folder: Path, result: dict[str, Any], records: Sequence[Record]) -> TrainedNetwork:
    name = folder.parent.name
    path = folder / (f"{name}.safetensors" if result["network"] is None else f"{name}.flnet")
    for record in reversed(records):
        if record.data == result["record"]:
            return TrainedNetwork(path, record)
    raise FormatError(f"{path}: its training record is not in the sweep's folder {_RESULTS!r}; delete {folder} and run the sweep again")
