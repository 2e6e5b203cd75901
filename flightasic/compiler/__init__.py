"""Compiler: an integer network and an array make a program, its memory images and its exact cycle count."""

from flightasic.compiler.compile import compile_network
from flightasic.compiler.program import Program, Transfer
from flightasic.compiler.report import LayerReport, StepReport
from flightasic.compiler.tensors import TensorLayout

__all__ = ["LayerReport", "Program", "StepReport", "TensorLayout", "Transfer", "compile_network"]
