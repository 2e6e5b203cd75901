"""Compiler: an integer network and an array make a program, its memory images and its exact cycle count."""

from flightasic.compiler.compile import Prediction, compile_network, predict_cycles
from flightasic.compiler.program import Program, Transfer
from flightasic.compiler.report import LayerReport, StepReport
from flightasic.compiler.tensors import TensorLayout

__all__ = ["LayerReport", "Prediction", "Program", "StepReport", "TensorLayout", "Transfer", "compile_network", "predict_cycles"]
