"""The fitted array in RTL, held against the golden model and the predicted cycles."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from flightasic.config import ArrayConfig
from flightasic.errors import SimulationError
from flightasic.files import write_json
from flightasic.speedup.measure import FOLDER, content_key
from flightasic.speedup.networks import Source

IMAGES = 2  # the time from one to the next is checked too
_SOURCES = ("compiler/*.py", "config.py", "formats.py", "golden.py", "hw/*.py", "ir.py", "microcode.py", "sim/*", "speedup/check.py")


def check_rtl(
    source: Source, config: ArrayConfig, cost: Mapping[str, Any], build: Path, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Simulate a network on an array; a check that passed before is not run again.

    Random images run one after another; every layer of the first and the logits of all must be the golden model's, the cycles of
    every step those of the compiler, and cycles and period those of ``cost`` (:func:`flightasic.speedup.measure.cost_of`).

    Returns
    -------
    dict
        ``images``, ``tensors`` (layers compared value by value), ``cycles`` and ``period``.

    Raises
    ------
    SimulationError
        If anything differs.
    """
    kept = build / FOLDER / f"rtl-{source.name}-{config.name}-{content_key(source, config, _SOURCES)[:12]}.json"
    if not kept.is_file():
        write_json(kept, _simulated(source, config, build, lambda images: progress(images * cost["cycles"], IMAGES * cost["cycles"])))
    found: dict[str, Any] = json.loads(kept.read_text())
    for name in ("cycles", "period"):
        if found[name] != cost[name]:
            raise SimulationError(f"{source.name} on {config.name}: RTL has {name} {found[name]}, the experiment predicts {cost[name]}")
    return found


def _simulated(source: Source, config: ArrayConfig, build: Path, progress: Callable[[int], None]) -> dict[str, Any]:
    import torch

    from flightasic.formats import ACT_MAX
    from flightasic.sim.check import check_network

    network = source.load()
    draws = torch.randint(0, ACT_MAX + 1, (IMAGES, *network.in_shape), generator=torch.Generator().manual_seed(0))
    outcome = check_network(
        network,
        config,
        draws.to(torch.int8),
        torch.zeros(IMAGES, dtype=torch.int64),
        tensor_images=1,
        cache=build / "sim",
        progress=progress,
    )
    return {"images": outcome.images, "tensors": outcome.tensors, "cycles": outcome.cycles, "period": outcome.program.period}
