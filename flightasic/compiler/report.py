"""What a program costs, layer by layer and step by step."""

from __future__ import annotations

from dataclasses import dataclass

from flightasic.config import ArrayConfig

ARRAY, CODE_PORT, ACTIVATION_PORT, ACCUMULATORS = "array", "code port", "activation port", "accumulators"


@dataclass(frozen=True)
class StepReport:
    """Predicted cost of a step.

    Attributes
    ----------
    layer : int
        -1 loads the image, ``len(layers)`` stores the result.
    op : int
        As in the microcode.
    cycles : int
    bank_reads : int
        Words read from the activation banks. A store that fetches a line reads a word of every bank.
    """

    layer: int
    op: int
    cycles: int
    bank_reads: int


@dataclass(frozen=True)
class LayerReport:
    """Predicted cost of a layer.

    Attributes
    ----------
    name, kind : str
    macs : int
        Multiply-accumulates as papers count them: one per weight and output pixel.
    products : int
        Code products the array must do: k per weight and pixel, without pruned input channels and rows that pooling drops.
    cycles : int
        Of all steps of the layer.
    waiting : int
        Cycles in which the array waited for its codes.
    transfer : int
        Cycles in which the array waited for the layer's own loads and stores (tiles), not those hidden behind computing.
    residual : int
        Pixel slots spent on adding the residual.
    bound_by : str
        What the layer's time cannot fall below: "array", "code port", "activation port", or "accumulators" (the code port, but
        only because the accumulator memory divides the map into strips, each of which loads the codes again).
    steps : int
        Step descriptors.
    slots : int
        Pixel slots of the passes over the kernel window.
    bank_reads : int
        Words that all steps of the layer read from the activation banks.
    """

    name: str
    kind: str
    macs: int
    products: int
    cycles: int
    waiting: int
    transfer: int
    residual: int
    bound_by: str
    steps: int
    slots: int
    bank_reads: int

    def utilization(self, config: ArrayConfig) -> float:
        """Share of the array's product slots that did code products, 0..1."""
        return self.products / (self.cycles * config.products_per_cycle)

    def fill(self, config: ArrayConfig) -> float:
        """Utilisation without any waiting, transfer or residual, 0..1: what is lost because kernel and filters round up to the array."""
        return self.products / (self.slots * config.products_per_cycle)


@dataclass(frozen=True)
class LayerCost:
    """What a layer asks of each part of the array, in cycles, if no other part made it wait.

    Attributes
    ----------
    groups, filters : int
        Filter groups and the filters in them.
    window_passes, residual_passes : int
        Of each group.
    extra : int
        Additional cycles per output pixel in a group's last pass (words written per pixel, less one).
    pixels : int
        Pixel slots of a pass over the whole map.
    strips, tiles : int
        Convolution steps, and how many there would be with accumulators enough.
    load_words, store_words : int
        Activation words loaded and stored for the layer's tiles.
    background : bool
        Whether they move while the array computes.
    rows : int
        Of the array.
    """

    groups: int
    filters: int
    window_passes: int
    residual_passes: int
    extra: int
    pixels: int
    strips: int
    tiles: int
    load_words: int
    store_words: int
    background: bool
    rows: int

    @property
    def window_slots(self) -> int:
        return self.groups * self.window_passes * self.pixels

    @property
    def residual_slots(self) -> int:
        return self.groups * self.residual_passes * self.pixels

    def bound_by(self) -> str:
        """The part whose own work takes longest."""
        slots = self.residual_slots + self.groups * self.extra * self.pixels
        alone = slots + self.load_words + self.store_words
        activations = max(slots, self.load_words, self.store_words) if self.background else alone
        bounds = {ARRAY: self.window_slots, CODE_PORT: self._code_port(self.strips), ACTIVATION_PORT: activations}
        longest = max(bounds, key=lambda part: bounds[part])
        if longest == CODE_PORT and self._code_port(self.tiles) < max(self.window_slots, activations):
            return ACCUMULATORS
        return longest

    def _code_port(self, steps: int) -> int:
        codes = self.groups * (self.window_passes + self.residual_passes) * self.rows
        return steps * (codes + self.groups + self.filters)
