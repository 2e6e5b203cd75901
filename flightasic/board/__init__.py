"""Boards that an array is built for, to the bitstream (docs/board.md)."""

from flightasic.board.ulx3s import ULX3S, Ulx3s

__all__ = ["ULX3S", "Ulx3s"]
