"""What training costs, in one run on one machine: a step with quantised weights against a float one, and the meters of a target.

Steps are those of the trainer itself, on random images, with everything it does between two of them. Meters are called with random
planes in use, and their prices are compared with what dropping planes saves.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from statistics import mean, median
from typing import Any

import torch
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress
from show import show
from torch import Tensor

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from flightasic.config import ArrayConfig  # noqa: E402
from flightasic.errors import FlightError  # noqa: E402
from flightasic.nn.models import MODELS, build  # noqa: E402
from flightasic.nn.network import FLightNetwork  # noqa: E402
from flightasic.nn.scheme import QUANTISED_SCHEMES, Scheme  # noqa: E402
from flightasic.nn.settings import PRECISIONS, TrainSettings  # noqa: E402
from flightasic.nn.target import Meter, Target  # noqa: E402
from flightasic.nn.train import train  # noqa: E402
from flightasic.pricing import CyclesMeter, EnergyMeter, meter_for  # noqa: E402
from flightasic.pricing.check import price_accuracy  # noqa: E402
from flightasic.results import RESULTS, write_record  # noqa: E402

CLASSES = 10
WARM_STEPS = 5  # the first ones also calibrate and fill caches
CALLS = 20
DROPPED = (8, 32)
DRAWS = 60
ARRAYS = {
    "default": ArrayConfig(program_depth=16384),
    "8x8x8": ArrayConfig(rows=8, cols=8, lanes=8, tile_cols=8, acc_depth=1024, program_depth=16384),
}
# k stays open through all steps: sensitivities are learned in each, and the default steps see two decisions (control.PERIOD).
TARGETED = {"scheme": "flight", "target": "cycles<=50%", "fix_k_at": 0.999}
VARIANTS: dict[str, dict[str, Any]] = {
    **{scheme: {"scheme": scheme} for scheme in QUANTISED_SCHEMES},
    "flight_batch_statistics": {"scheme": "flight", "batch_norm_share": 1.0},
    "flight_target": TARGETED,
}


@dataclass(frozen=True)
class RandomImages:
    """Random pixels and labels as a data set of the trainer."""

    images: Tensor
    labels: Tensor

    @classmethod
    def create(cls, count: int, in_shape: tuple[int, int, int]) -> RandomImages:
        """So many images (channels, height, width)."""
        generator = torch.Generator().manual_seed(0)
        pixels = torch.randint(0, 256, (count, *in_shape), dtype=torch.uint8, generator=generator)
        return cls(pixels, torch.randint(0, CLASSES, (count,), generator=generator))

    @property
    def in_shape(self) -> tuple[int, int, int]:
        channels, height, width = self.images.shape[1:]
        return channels, height, width

    @property
    def classes(self) -> int:
        return CLASSES

    def __len__(self) -> int:
        return len(self.images)

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """See :class:`flightasic.nn.evaluate.Images`."""
        return self.images[indices], self.labels[indices]


def step_seconds(settings: TrainSettings, data: RandomImages) -> list[float]:
    """Seconds of every step of one epoch, without the first ones."""
    start, meter = None, None
    if settings.scheme != "float":
        torch.manual_seed(0)
        start = build(settings.model, Scheme.create("float"), in_shape=data.in_shape, classes=data.classes)
    if settings.target is not None:
        meter = meter_for(Target.parse(settings.target), ARRAYS["default"])
    ends: list[float] = []
    train(settings, data, meter=meter, start=start, on_step=lambda step: ends.append(time.perf_counter()))
    return [after - before for before, after in zip(ends[WARM_STEPS:], ends[WARM_STEPS + 1 :], strict=False)]


def measure_steps(base: TrainSettings, *, steps: int, rounds: int, tick: Callable[[], None]) -> dict[str, float]:
    """Seconds of a float step, and each variant's step over it.

    A round repeats the same steps, so of each step the quickest round counts; rounds alternate, so that a slow spell hits all variants.
    """
    data = RandomImages.create(steps * base.batch, MODELS[base.model].in_shape)
    runs = {"float": replace(base, scheme="float", float_epochs=1)}
    runs |= {name: replace(base, **fields, float_epochs=0, epochs=1) for name, fields in VARIANTS.items()}
    seconds: dict[str, list[list[float]]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, settings in runs.items():
            seconds[name].append(step_seconds(settings, data))
            tick()
    quickest = {name: mean(map(min, zip(*repeated, strict=True))) for name, repeated in seconds.items()}
    ratios = {f"{name}_over_float": quickest[name] / quickest["float"] for name in VARIANTS}
    return {"batch": base.batch, "threads": torch.get_num_threads(), "float_step_s": quickest["float"], **ratios}


def random_planes(model: FLightNetwork, seed: int) -> list[Tensor]:
    """Planes in use: a filter in six has none, half of the others one."""
    generator = torch.Generator().manual_seed(seed)
    chances = torch.tensor([5 / 6, 1 / 2])[:, None]
    return [
        (torch.rand(planes.shape, generator=generator) < chances).cumprod(0).bool() if planes.numel() else planes for planes in model.kept()
    ]


def measure_meter(meter: Meter, model: FLightNetwork) -> dict[str, float]:
    """Seconds per call, and how prices agree with exact savings when 8 or 32 random planes go."""
    seconds = []
    for call in range(CALLS):
        kept = random_planes(model, call)
        started = time.perf_counter()
        meter.measure(model, kept)
        seconds.append(time.perf_counter() - started)
    figures = {"call_s": median(seconds)}
    for planes in DROPPED:
        for name, value in asdict(price_accuracy(meter, model, random_planes(model, 0), planes=planes, draws=DRAWS)).items():
            figures[f"{name}_{planes}"] = value
    return figures


def main() -> None:
    """Measure, print and record."""
    parser = argparse.ArgumentParser(description=__doc__, epilog="example: python benchmarks/training.py --model net3")
    parser.add_argument("--model", default="net3", choices=sorted(MODELS), help="network to train (default: net3)")
    parser.add_argument("--steps", type=int, default=110, help=f"steps of a round, more than {WARM_STEPS + 1} (default: 110)")
    parser.add_argument("--rounds", type=int, default=2, help="rounds of every variant (default: 2)")
    parser.add_argument("--batch", type=int, default=128, help="images per step (default: 128)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default: 1)")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the records")
    arguments = parser.parse_args()
    if arguments.steps <= WARM_STEPS + 1:
        parser.error(f"--steps must be more than {WARM_STEPS + 1}, got {arguments.steps}")
    torch.set_num_threads(arguments.threads)
    console = Console()
    with Progress(*Progress.get_default_columns(), MofNCompleteColumn(), console=console) as progress:
        task = progress.add_task("training", total=len(PRECISIONS) * arguments.rounds * (1 + len(VARIANTS)))
        for precision in PRECISIONS:
            base = TrainSettings(model=arguments.model, batch=arguments.batch, precision=precision, device=arguments.device)
            data = measure_steps(base, steps=arguments.steps, rounds=arguments.rounds, tick=lambda: progress.advance(task))
            _record(console, "training", f"{arguments.model}-{arguments.device}-{precision}", data, arguments)
    torch.manual_seed(0)
    model = build(arguments.model, Scheme.create("flight"))
    for name, config in ARRAYS.items():
        for kind, meter in (("cycles", CyclesMeter(config)), ("energy", EnergyMeter(config))):
            _record(console, "prices", f"{kind}-{arguments.model}-{name}", measure_meter(meter, model), arguments, config)


def _record(
    console: Console, kind: str, name: str, data: dict[str, float], arguments: argparse.Namespace, config: ArrayConfig | None = None
) -> None:
    record = write_record(
        kind, name, data, stage="training", versions={"torch": version("torch")}, config=config, workload=arguments.model,
        results=arguments.results,
    )  # fmt: skip
    show(console, f"{kind} {name}", data, record)


if __name__ == "__main__":
    try:
        main()
    except FlightError as error:
        Console(stderr=True).print(f"error: {error}", style="red", markup=False)
        sys.exit(2)
