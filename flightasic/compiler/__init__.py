"""Compiler: an integer network and an array make a program, its memory images and its exact cycle count."""

from flightasic.compiler.compile import compile_network
from flightasic.compiler.program import LayerReport, Program

__all__ = ["LayerReport", "Program", "compile_network"]
