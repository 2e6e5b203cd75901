"""Networks that nobody trained: right in shapes, k and number formats, and in nothing else."""

from __future__ import annotations

import torch

from flightasic.ir import IntegerNetwork
from flightasic.nn.export import export
from flightasic.nn.models import build
from flightasic.nn.scheme import Scheme


def fresh_network(net: str, scheme: Scheme, *, name: str, in_shape: tuple[int, int, int], classes: int) -> IntegerNetwork:
    """A network of :data:`flightasic.nn.models.MODELS` with fresh weights in a scheme's codes, the same in every process.

    ``in_shape`` is (channels, height, width) of an image, ``classes`` the number of logits. Raises as
    :func:`flightasic.nn.models.build`.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = build(net, scheme, in_shape=in_shape, classes=classes)
        model.calibrate([torch.rand(1, *in_shape)])
    return export(model, name)
