"""The model zoo: trained networks that travel with the package, each with a record of how it was made (docs/zoo.md)."""

from flightasic.zoo.store import FOLDER, FPGA_FOLDER, REQUIRED, ZooRecord, add, contents, load, names, record

__all__ = ["FOLDER", "FPGA_FOLDER", "REQUIRED", "ZooRecord", "add", "contents", "load", "names", "record"]
