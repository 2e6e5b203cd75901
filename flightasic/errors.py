"""Errors a user can act on: the message names the offending value and the remedy."""


class FlightError(Exception):
    """Base of every error the command line turns into a message and exit code 2."""


class ConfigError(FlightError):
    """An impossible :class:`flightasic.config.ArrayConfig`; the message names the field."""


class FormatError(FlightError):
    """A file or bit pattern that does not follow its format (corrupt, wrong version, wrong checksum)."""


class FileError(FlightError):
    """A file or folder that cannot be written; the message names the path."""


class ConversionError(FlightError):
    """A foreign network that cannot become a FLightNetwork; the message names the node and what is supported."""


class ExportError(FlightError):
    """A network that cannot become integers; the message names layer and filter."""


class CompileError(FlightError):
    """A network that does not fit an array; the message names the buffer or field and by how much."""


class SimulationError(FlightError):
    """The hardware model reported an error status, or did not finish."""


class DataError(FlightError):
    """A data set that is missing or damaged; the message tells how to get it."""


class ToolError(FlightError):
    """A tool or process design kit that is missing or failed; the message tells how to install it."""


class PlacementError(ToolError):
    """A design that has no place or no route on a part; the message names the resource that is short."""


class HostError(FlightError):
    """An accelerator that is not there, is another one, refuses a program, or does not answer in time."""
