"""The page of the reference networks, ``docs/networks.md``: every figure comes from the networks themselves."""

from __future__ import annotations

from flightasic.ir import NO_RESIDUAL, IntegerNetwork, Layer
from flightasic.reference import REFERENCES
from flightasic.utilization import markdown_table

COLUMNS = ("layer", "kind", "kernel", "stride", "max pool", "reads", "adds", "output", "weights", "MACs")

_TEXT = """# Reference networks

Written by `flightasic networks --table docs/networks.md`; do not edit.

Shapes that people run, with random weights: they serve reports on cycles ([utilization.md](utilization.md)) and tests, where no
training is needed. `flightasic.reference.reference_network(name, arith=, k=, width=, seed=)` builds one; `flightasic networks --out
FOLDER` writes all as `.flnet` files, and `flightasic utilization NAME` takes a name instead of a file.

- `k`: every filter has one term (`k1`, the default), two (`k2`), or zero to three (`mixed`); multipliers take `k1`.
- `width`: factor on the channels of every layer but the last.
- Weights are normally distributed, as large as codes and accumulator allow. Biases and right shifts are set layer by layer from what
  the golden model accumulates on random images, so outputs centre a little above zero and reach the clamps only rarely.
- A residual enters at half its value: its left shift is the filter's right shift less one.

"reads" and "adds" name the layers whose outputs a layer reads and adds, where it is not just the one before it. MACs are dense: one per
weight and output pixel; average pooling counts none.
"""


def network_rows(network: IntegerNetwork) -> list[tuple[str, ...]]:
    """Rows of the table under :data:`COLUMNS`, the last of them the sums."""
    names = ["image", *(layer.name for layer in network.layers)]
    shapes, macs = network.shapes(), network.macs()
    rows = []
    for index, (layer, source) in enumerate(zip(network.layers, network.sources(), strict=True)):
        rows.append(
            (
                layer.name,
                layer.kind,
                _edges(layer.kernel),
                str(layer.stride),
                "" if layer.pool == 1 else _edges((layer.pool, layer.pool)),
                "" if source == index else names[source],
                "" if layer.residual == NO_RESIDUAL else names[layer.residual],
                "x".join(map(str, shapes[index + 1])),
                f"{_weights(layer):,}",
                f"{macs[index]:,}",
            )
        )
    return [*rows, ("sum", *[""] * (len(COLUMNS) - 3), f"{sum(map(_weights, network.layers)):,}", f"{sum(macs):,}")]


def networks_page(networks: list[IntegerNetwork]) -> str:
    """The whole page."""
    return "\n".join([_TEXT, *(network_section(network, REFERENCES[network.name].like) for network in networks)])


def network_section(network: IntegerNetwork, like: str) -> str:
    """A section with the table of one network's layers; ``like`` says what it is."""
    head = f"## {network.name}\n\n{like}; input {'x'.join(map(str, network.in_shape))}.\n"
    return f"{head}\n{markdown_table(COLUMNS, network_rows(network))}\n"


def _weights(layer: Layer) -> int:
    return 0 if layer.kind == "pool" else int(layer.codes[0].size)


def _edges(edges: tuple[int, int]) -> str:
    return f"{edges[0]}x{edges[1]}"
