"""A planned network into a program: steps, groups, codes, transfers and reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from flightasic.compiler.columns import layer_codes
from flightasic.compiler.graph import Graph, Node
from flightasic.compiler.plan import LayerPlan, Plan
from flightasic.compiler.program import Program, Transfer
from flightasic.compiler.report import LayerCost, LayerReport, StepReport
from flightasic.compiler.schedule import Move, layer_steps, words_of_part
from flightasic.compiler.steps import View, conv_fields, transfer_fields
from flightasic.compiler.timeline import StepCost, Timeline
from flightasic.config import ArrayConfig
from flightasic.errors import CompileError
from flightasic.ir import IntegerNetwork
from flightasic.microcode import HEADER, MAGIC, OP_CONV, OP_LOAD, OP_STORE, STEP, VERSION, checksum, pack, words_of


@dataclass
class _Step:
    layer: int
    fields: dict[str, int]
    cost: StepCost


@dataclass
class _Body:
    """What the layers contribute, in order; ``stores`` counts the stores up to the last one of each tensor."""

    timeline: Timeline
    steps: list[_Step] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    records: list[int] = field(default_factory=list)
    code_order: list[tuple[int, int]] = field(default_factory=list)
    stores: dict[int, int] = field(default_factory=dict)

    def transfer(self, layer: int, move: Move, plan: Plan, config: ArrayConfig) -> None:
        """A LOAD or STORE of what lies in the banks from or to its place in host memory."""
        layout, host = move.view.layout, plan.on_host(move.tensor)
        after = 0 if move.store else self.stores.get(move.tensor, 0)
        base = host.address(move.view.row, move.view.column)
        self.transfers.append(Transfer(move.store, base, layout.row_words, host.pitch, layout.height, after))
        if move.store:
            self.stores[move.tensor] = sum(transfer.store for transfer in self.transfers)
        cost = move.cost(self.timeline, config.banks) if self.steps else self.timeline.first_load(words_of_part(layout))
        self.steps.append(_Step(layer, transfer_fields(layout, store=move.store, background=move.background), cost))


def assemble(network: IntegerNetwork, config: ArrayConfig, graph: Graph, plan: Plan) -> Program:
    """The program of a plan.

    Raises
    ------
    CompileError
        If program or code memory is too small, or a value does not fit its field.
    """
    body = _Body(Timeline(config))
    image, result = plan.banks[0], plan.banks[-1]
    if image is not None:
        body.transfer(-1, Move(0, View(image), store=False), plan, config)
    for index, (node, layer_plan) in enumerate(zip(graph.nodes, plan.layers, strict=True)):
        _add_layer(body, index, node, layer_plan, plan, config)
    if result is not None:
        body.transfer(len(graph.nodes), Move(len(graph.nodes), View(result), store=True), plan, config)
    streamed = len(body.codes) > config.code_depth
    words = _words(body, config, streamed=streamed)
    if len(words) > config.program_depth:
        raise CompileError(
            f"the program needs {len(words)} words of program_depth, the array has {config.program_depth} "
            f"({len(words) - config.program_depth} too few); raise program_depth"
        )
    return Program(
        config=config,
        words=words,
        codes=body.codes,
        streamed=streamed,
        code_order=tuple(body.code_order),
        in_shape=network.in_shape,
        window=graph.window,
        tensors=plan.banks,
        host=plan.host,
        host_words=plan.host_words,
        transfers=tuple(body.transfers),
        steps=tuple(StepReport(step.layer, step.fields["op"], step.cost.cycles) for step in body.steps),
        layers=tuple(_reports(network, graph, plan, body, config)),
        channels=tuple(layer.out_channels for layer in network.layers),
    )


def _add_layer(body: _Body, index: int, node: Node, layer_plan: LayerPlan, plan: Plan, config: ArrayConfig) -> None:
    codes, records = layer_codes(node, layer_plan.walk, config)
    places = {"code_base": len(body.codes), "micro_base": len(body.records)}
    body.codes += codes
    body.records += records
    for step in layer_steps(layer_plan):
        if isinstance(step, Move):
            body.transfer(index, step, plan, config)
            continue
        tile = step.tile
        fields = conv_fields(node, layer_plan.walk, config, step.part, tile.source, tile.target, tile.residual)
        cost = step.cost(body.timeline, node, layer_plan, config)
        body.steps.append(_Step(index, fields | places | {"wait_load": int(step.wait_load)}, cost))
        body.code_order.append((places["code_base"], len(codes)))


def _words(body: _Body, config: ArrayConfig, *, streamed: bool) -> list[int]:
    first_record = words_of(HEADER) + words_of(STEP) * len(body.steps)
    steps: list[int] = []
    for index, step in enumerate(body.steps):
        fields = step.fields
        if fields["op"] == OP_CONV:
            code_base = 0 if streamed else fields["code_base"]
            fields = fields | {"micro_base": first_record + fields["micro_base"], "code_base": code_base}
        steps += pack(STEP, fields, f"step {index}")
    fields = {
        "magic": MAGIC,
        "version": VERSION,
        "streamed": int(streamed),
        "fingerprint": config.fingerprint,
        "words": first_record + len(body.records),
        "steps": len(body.steps),
    }
    rest = steps + body.records
    return pack(HEADER, fields | {"checksum": checksum(pack(HEADER, fields, "header") + rest)}, "header") + rest


def _reports(network: IntegerNetwork, graph: Graph, plan: Plan, body: _Body, config: ArrayConfig) -> list[LayerReport]:
    reports = []
    for index, (node, layer_plan, macs) in enumerate(zip(graph.nodes, plan.layers, network.macs(), strict=True)):
        own = [step for step in body.steps if step.layer == index]
        convs = [step for step in own if step.fields["op"] == OP_CONV]
        words = {
            op: sum(step.fields["out_h"] * step.fields["kwords"] for step in own if step.fields["op"] == op) for op in (OP_LOAD, OP_STORE)
        }
        cost = LayerCost(
            groups=len(node.placement.groups),
            filters=sum(len(group.filters) for group in node.placement.groups),
            window_passes=layer_plan.walk.passes,
            residual_passes=node.placement.residual_passes(config.rows),
            extra=node.placement.words_per_pixel - 1,
            pixels=node.pixels,
            strips=len(convs),
            tiles=len(layer_plan.tiles),
            load_words=words[OP_LOAD],
            store_words=words[OP_STORE],
            background=layer_plan.background,
            rows=config.rows,
        )
        reports.append(
            LayerReport(
                name=node.layer.name,
                kind=node.layer.kind,
                macs=macs,
                products=node.pixels * _products(node),
                cycles=sum(step.cost.cycles for step in own),
                waiting=sum(step.cost.waiting for step in own),
                transfer=sum(step.cost.transfer for step in own),
                residual=cost.residual_slots,
                bound_by=cost.bound_by(),
                steps=len(own),
                slots=cost.window_slots,
            )
        )
    return reports


def _products(node: Node) -> int:
    """Codes that a pixel meets: k per weight, without channels that the layer before dropped."""
    layer = node.layer
    depth, share = layer.in_channels // layer.groups, layer.out_channels // layer.groups
    live = [0] * layer.groups
    packed = len(node.codes[0, 0]) // depth
    for channel in node.source_positions:
        if channel >= 0:
            live[channel // (depth * packed)] += 1
    terms: Sequence[int] = [int(layer.k[group * share : (group + 1) * share].sum()) for group in range(layer.groups)]
    taps = layer.kernel[0] * layer.kernel[1]
    return sum(count * own for count, own in zip(live, terms, strict=True)) * taps // packed
