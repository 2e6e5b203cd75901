"""The page of the networks that are trained here, ``docs/models.md``: every figure comes from the networks themselves."""

from __future__ import annotations

import torch

from flightasic.footprint import footprint
from flightasic.ir import IntegerNetwork
from flightasic.nn.export import export
from flightasic.nn.models import MODELS, build
from flightasic.nn.scheme import Scheme
from flightasic.reference_page import network_section
from flightasic.utilization import markdown_table

PAGE_MODELS = tuple(f"net{number}" for number in range(1, 9))
INPUTS = {"Fashion-MNIST": (1, 28, 28), "CIFAR, SVHN": (3, 32, 32)}
COLUMNS = (
    "network",
    "like",
    "layers",
    *(f"{figure}, {'x'.join(map(str, shape))}" for shape in INPUTS.values() for figure in ("parameters", "MACs")),
)

_TEXT = f"""# Models

Written by `flightasic models --table docs/models.md`; do not edit.

The networks that are trained here. The paper measures eight configurations on four data sets; its own eight are unknown to us, so
these stand for the same families, VGG-like and ResNet-like, in several widths and depths, and no figure of theirs is to be read beside
one of the paper's. `flightasic.nn.models.build(name, scheme, in_shape=, classes=)` builds one.

Layers are those with weights, parameters their weights and biases (batch norm is folded into them), MACs one per weight and output
pixel of one image. Inputs: {", ".join(f"{'x'.join(map(str, shape))} ({name})" for name, shape in INPUTS.items())}; ten classes.
"""


def summary_rows() -> list[tuple[str, ...]]:
    """One row per model under :data:`COLUMNS`."""
    rows = []
    for name in PAGE_MODELS:
        made = [footprint(build(name, Scheme.create("float"), in_shape=shape)) for shape in INPUTS.values()]
        figures = [f"{figure:,}" for each in made for figure in (each.parameters, each.macs)]
        rows.append((name, MODELS[name].like, str(made[0].layers), *figures))
    return rows


def models_page() -> str:
    """The whole page."""
    summary = markdown_table(COLUMNS, summary_rows())
    return "\n".join([_TEXT, f"{summary}\n", *(network_section(_in_integers(name), MODELS[name].like) for name in PAGE_MODELS)])


def _in_integers(name: str) -> IntegerNetwork:
    """A model with fresh weights as an integer network, for its shapes."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = build(name, Scheme.create("lightnn1"))
        model.calibrate([torch.rand(1, *model.in_shape)])
    return export(model, name)
