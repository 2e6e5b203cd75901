"""Which words the array reads from its activation banks, and which it has already (docs/architecture.md, "Feeding")."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from flightasic.compiler.graph import Node
from flightasic.compiler.walk import Walk
from flightasic.config import ArrayConfig


def reuse_distance(node: Node, config: ArrayConfig) -> int:
    """Rows between the words of neighbouring kernel columns, if the array passes words on over that distance; 0 = all are read."""
    words = node.placement.cb
    return words if node.layer.stride == 1 and node.kernel[1] > 1 and words in config.reuse_distances else 0


def conv_reads(node: Node, walk: Walk, fields: Mapping[str, int]) -> int:
    """Words that a convolution's step reads from the banks: those on the map that no row takes over, and those of the residual."""
    placement = node.placement
    pixels = fields["out_w"] * fields["out_h"] * fields["pool_area"]
    residual = sum(group.residual_words for group in placement.groups) * pixels
    return len(placement.groups) * _window_reads(walk, fields) + residual


def _window_reads(walk: Walk, fields: Mapping[str, int]) -> int:
    """Words that one filter group reads over all windows."""
    height, width = walk.kernel
    pool = fields["pool"]
    inner = np.arange(pool) * fields["stride"]
    outer = fields["advance"] - fields["back"]
    columns = fields["x_start"] + np.arange(fields["out_w"])[:, None] * outer + inner
    lines = fields["y_start"] + np.arange(fields["out_h"])[:, None] * outer + inner
    slid = np.zeros(columns.shape, dtype=bool)
    slid[:, 1:] = True
    slid[1:, 0] = pool == 1
    inside = [(columns + kx >= 0) & (columns + kx < fields["in_w"]) for kx in range(width)]
    met = np.array([((lines + ky >= 0) & (lines + ky < fields["in_h"])).sum() for ky in range(height)])
    every = np.array([here.sum() for here in inside])
    fresh = np.array([(here & ~slid).sum() for here in inside])

    word = np.arange(height * width * walk.cb)
    ky, kx = word // walk.cb // width, word // walk.cb % width
    passes = walk.slots() // walk.rows
    partner = np.zeros(len(word), dtype=bool)
    if fields["reuse"]:
        partner[: -walk.cb] = passes[walk.cb :] == passes[: -walk.cb]
        partner &= kx + 1 < width
    return int((met[ky] * np.where(partner, fresh[kx], every[kx])).sum())
