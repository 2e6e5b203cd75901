"""A planned network into a program: steps, groups, codes, transfers and reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from flightasic.compiler.columns import layer_codes
from flightasic.compiler.cycles import fetch_cycles
from flightasic.compiler.graph import Graph, Node
from flightasic.compiler.plan import Plan
from flightasic.compiler.program import Program, Transfer
from flightasic.compiler.reads import conv_reads
from flightasic.compiler.report import LayerCost, LayerReport, StepReport
from flightasic.compiler.schedule import Compute, Move, TimedStep, stored_rows, timed_steps
from flightasic.compiler.steps import conv_fields, transfer_fields
from flightasic.compiler.timeline import StepCost
from flightasic.compiler.walk import Walk
from flightasic.config import ArrayConfig
from flightasic.ir import IntegerNetwork
from flightasic.microcode import HEADER, MAGIC, OP_CONV, OP_LOAD, OP_STORE, STEP, VERSION, checksum, pack, words_of


@dataclass
class _Step:
    layer: int
    fields: dict[str, int]
    cost: StepCost
    bank_reads: int


class _Places(NamedTuple):
    """Where a layer's codes and records begin, and how many code words it has."""

    code_base: int
    codes: int
    micro_base: int


@dataclass
class _Body:
    """What the layers contribute, in order; ``stores`` counts the stores up to the last one of each tensor."""

    steps: list[_Step] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    records: list[int] = field(default_factory=list)
    code_order: list[tuple[int, int]] = field(default_factory=list)
    stores: dict[int, int] = field(default_factory=dict)

    def layer(self, node: Node, walk: Walk, config: ArrayConfig) -> _Places:
        """A layer's codes and microwords, and where they begin."""
        codes, records = layer_codes(node, walk, config)
        places = _Places(len(self.codes), len(codes), len(self.records))
        self.codes += codes
        self.records += records
        return places

    def move(self, timed: TimedStep, move: Move, plan: Plan, banks: int) -> None:
        """A LOAD or STORE of what lies in the banks from or to its place in host memory."""
        layout, host = move.view.layout, plan.on_host(move.tensor)
        after = 0 if move.store else self.stores.get(move.tensor, 0)
        base = host.address(move.view.row, move.view.column)
        self.transfers.append(Transfer(move.store, base, layout.row_words, host.pitch, layout.height, after))
        if move.store:
            self.stores[move.tensor] = sum(transfer.store for transfer in self.transfers)
        fields = transfer_fields(layout, store=move.store, background=move.background)
        reads = len(fetch_cycles(stored_rows(layout, banks), banks)) * banks if move.store else 0
        self.steps.append(_Step(timed.layer, fields, timed.cost, reads))

    def compute(self, timed: TimedStep, step: Compute, node: Node, walk: Walk, places: _Places, config: ArrayConfig) -> None:
        """A CONV, which takes the codes of its layer."""
        tile = step.tile
        fields = conv_fields(node, walk, config, step.part, tile.source, tile.target, tile.residual)
        bases = {"code_base": places.code_base, "micro_base": places.micro_base, "wait_load": int(step.wait_load)}
        self.steps.append(_Step(timed.layer, fields | bases, timed.cost, conv_reads(node, walk, fields)))
        self.code_order.append((places.code_base, places.codes))


def assemble(network: IntegerNetwork, config: ArrayConfig, graph: Graph, plan: Plan) -> Program:
    """The program of a plan.

    Raises
    ------
    CompileError
        If a value does not fit its field.
    """
    body = _Body()
    places = [body.layer(node, layer_plan.walk, config) for node, layer_plan in zip(graph.nodes, plan.layers, strict=True)]
    for timed in timed_steps(graph, plan, config):
        if isinstance(timed.step, Move):
            body.move(timed, timed.step, plan, config.banks)
        else:
            index = timed.layer
            body.compute(timed, timed.step, graph.nodes[index], plan.layers[index].walk, places[index], config)
    streamed = len(body.codes) > config.code_depth
    return Program(
        config=config,
        words=_words(body, config, streamed=streamed),
        codes=body.codes,
        streamed=streamed,
        code_order=tuple(body.code_order),
        in_shape=network.in_shape,
        window=graph.window,
        tensors=plan.banks,
        host=plan.host,
        host_words=plan.host_words,
        transfers=tuple(body.transfers),
        steps=tuple(StepReport(step.layer, step.fields["op"], step.cost.cycles, step.bank_reads) for step in body.steps),
        layers=tuple(_reports(network, graph, plan, body, config)),
        channels=tuple(layer.out_channels for layer in network.layers),
    )


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
                bank_reads=sum(step.bank_reads for step in own),
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
