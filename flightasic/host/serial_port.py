"""A real serial port, by pyserial."""

from __future__ import annotations

from flightasic.errors import HostError, ToolError
from flightasic.host.uart_link import SerialPort

_PATIENCE_S = 1.0
_BITS_IN_FLIGHT = 10 * 4096  # more than the frames and answers that may lie before the one awaited


def open_port(name: str, baud: int) -> SerialPort:
    """Open a serial port with eight bits, no parity and one stop bit.

    Raises
    ------
    ToolError
        If pyserial is not installed.
    HostError
        If there is no such port, it cannot be opened, or it does not do this baud rate.
    """
    try:
        import serial
        from serial.tools.list_ports import comports
    except ImportError as error:
        raise ToolError("pyserial is missing; install it with 'pip install flightasic[board]'") from error
    try:
        port: SerialPort = serial.Serial(name, baud, timeout=_PATIENCE_S + _BITS_IN_FLIGHT / baud)
    except (OSError, ValueError) as error:
        found = ", ".join(sorted(each.device for each in comports())) or "none; is the board plugged in?"
        raise HostError(f"cannot open serial port {name} at {baud} baud: {error}; serial ports found: {found}") from error
    return port
