"""Which technology a flow runs on, and where its files come from. Never silent: the source is part of every record."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from flightasic.errors import ToolError

logger = logging.getLogger(__name__)

PDK_VARIABLE = "FLIGHTASIC_PDK"
DOWNLOAD_VARIABLE = "FLIGHTASIC_PDK_DOWNLOAD"
DOWNLOAD_SECONDS = 180
OSU018_FOLDERS = (Path("/usr/share/qflow/tech/osu018"), Path("/usr/local/share/qflow/tech/osu018"))
REPOSITORY = Path(__file__).resolve().parents[2]

_SKY130_LIBERTY = Path("lambdapdk/sky130/libs/sky130hd/nldm")
_SKY130_LEF = Path("lambdapdk/sky130/libs/sky130hd/lef/sky130_fd_sc_hd_merged.lef")
_SKY130_CORNERS = ("tt_025C_1v80", "ss_n40C_1v40", "ff_100C_1v95")
_SKY130_SRAM = Path("lambdapdk/sky130/libs/sky130sram/sky130_sram_1rw1r_64x256_8/nldm/sky130_sram_1rw1r_64x256_8_TT_1p8V_25C.lib")
_SKY130_SRAM_CORNER = "tt_025C_1v80"
_OSU018_LIBERTY = "osu018_stdcells.lib"
_REMEDY = (
    "put a lambdapdk folder at shared/pdk beside the repository, name one with --pdk or FLIGHTASIC_PDK, "
    "or install Debian's qflow-tech-osu018 (apt-get install qflow-tech-osu018)"
)


@dataclass(frozen=True)
class CellRoles:
    """Cells the flow places by name. Pins in the order given.

    Attributes
    ----------
    full_adder : (cell, a, b, carry in, carry out, sum)
    half_adder : (cell, a, b, carry out, sum)
    tie_high, tie_low : (cell, output) or None where abc must make constants of gates
    clock_gate : (cell, enable, clock, gated clock) or None
    clock_buffers : (cell, input, output) of the clock tree's trunk, branches and leaves
    driver : cell assumed in front of every input
    driver_load_ff : input load of an output's sink, in femtofarads
    dont_use : glob patterns of cells mapping must not pick
    """

    full_adder: tuple[str, str, str, str, str, str]
    half_adder: tuple[str, str, str, str, str]
    tie_high: tuple[str, str] | None
    tie_low: tuple[str, str] | None
    clock_gate: tuple[str, str, str, str] | None
    clock_buffers: tuple[tuple[str, str, str], tuple[str, str, str], tuple[str, str, str]]
    driver: str
    driver_load_ff: float
    dont_use: tuple[str, ...]


@dataclass(frozen=True)
class Technology:
    """A standard-cell library: ``name``, where it was found, Liberty file per corner, LEF, and the cells' roles.

    ``sram`` is the Liberty file of a memory macro, None where there is none, and ``sram_corner`` the corner it is characterised at.
    """

    name: str
    source: str
    liberty: Mapping[str, Path]
    lef: Path
    roles: CellRoles
    aliases: Mapping[str, str] = field(default_factory=dict)
    sram: Path | None = None
    sram_corner: str = ""

    def sram_at(self, corner: str) -> Path | None:
        """The macro's Liberty file, if it is of this corner: figures of two voltages are not added."""
        return self.sram if corner == self.sram_corner else None

    def corner(self, name: str) -> str:
        """Full name of a corner given by full name or alias ("tt").

        Raises
        ------
        ToolError
            If this technology has no such corner; the message lists those it has.
        """
        full = self.aliases.get(name, name)
        if full not in self.liberty:
            known = ", ".join(f"{alias} ({corner})" for alias, corner in self.aliases.items())
            raise ToolError(f"{self.name} has no corner {name!r}; choose one of {known}")
        return full


_SKY130_ROLES = CellRoles(
    full_adder=("sky130_fd_sc_hd__fa_1", "A", "B", "CIN", "COUT", "SUM"),
    half_adder=("sky130_fd_sc_hd__ha_1", "A", "B", "COUT", "SUM"),
    tie_high=("sky130_fd_sc_hd__conb_1", "HI"),
    tie_low=("sky130_fd_sc_hd__conb_1", "LO"),
    # dlclkp_1 behind a few dozen flip-flops gave hold violations, dlclkp_4 none.
    clock_gate=("sky130_fd_sc_hd__dlclkp_4", "GATE", "CLK", "GCLK"),
    clock_buffers=(
        ("sky130_fd_sc_hd__clkbuf_16", "A", "X"),
        ("sky130_fd_sc_hd__clkbuf_8", "A", "X"),
        ("sky130_fd_sc_hd__clkbuf_4", "A", "X"),
    ),
    driver="sky130_fd_sc_hd__buf_4",
    driver_load_ff=10.0,
    dont_use=("*__lpflow_*", "*__probe*", "*__dly*", "*__clkbuf_*", "*__clkinv*", "*__edf*", "*__sdf*", "*__sedf*"),
)
_OSU018_ROLES = CellRoles(
    full_adder=("FAX1", "A", "B", "C", "YC", "YS"),
    half_adder=("HAX1", "A", "B", "YC", "YS"),
    tie_high=None,
    tie_low=None,
    clock_gate=None,
    clock_buffers=(("CLKBUF3", "A", "Y"), ("CLKBUF2", "A", "Y"), ("CLKBUF1", "A", "Y")),
    driver="BUFX4",
    driver_load_ff=20.0,
    dont_use=("CLKBUF*", "TBUF*"),
)


def find_technology(
    choice: str | None = None,
    *,
    search_from: Iterable[Path] | None = None,
    osu_folders: Iterable[Path] = OSU018_FOLDERS,
    download: bool | None = None,
) -> Technology:
    """The technology to use, in the project's order of preference.

    1. ``choice`` (or FLIGHTASIC_PDK): "sky130", "osu018", or the path of a lambdapdk or OSU folder;
    2. ``shared/pdk`` beside the repository or the current folder, or beside one above them;
    3. SiliconCompiler's own copy of lambdapdk, downloaded when it can be (FLIGHTASIC_PDK_DOWNLOAD=0 forbids it);
    4. the OSU 0.18 um library of Debian's qflow-tech-osu018, with a notice that figures are not sky130's.

    Raises
    ------
    ToolError
        If nothing was found, or what ``choice`` names is not there.
    """
    choice = choice or os.environ.get(PDK_VARIABLE) or None
    if choice not in (None, "sky130", "osu018"):
        return _from_folder(Path(str(choice)))
    if choice == "osu018":
        return _find_osu018(osu_folders)
    sky130 = _find_sky130([REPOSITORY, Path.cwd()] if search_from is None else search_from, download)
    if sky130 is not None:
        return sky130
    if choice == "sky130":
        raise ToolError(f"no sky130 data: neither shared/pdk nor SiliconCompiler's copy of lambdapdk was found; {_REMEDY}")
    technology = _find_osu018(osu_folders)
    logger.warning("no sky130 data found: using %s; its figures are not comparable with sky130", technology.source)
    return technology


def sky130_at(root: Path, source: str) -> Technology:
    """sky130hd in the lambdapdk folder ``root``.

    Raises
    ------
    ToolError
        If the Liberty files or the LEF are not there.
    """
    corners = {name: root / _SKY130_LIBERTY / f"sky130_fd_sc_hd__{name}.lib.gz" for name in _SKY130_CORNERS}
    for path in (*corners.values(), root / _SKY130_LEF):
        if not path.is_file():
            raise ToolError(f"{path} is missing from the sky130 data; fetch lambdapdk again, or {_REMEDY}")
    aliases = {name[:2]: name for name in corners}
    sram = root / _SKY130_SRAM
    macro = sram if sram.is_file() else None
    return Technology("sky130hd", source, corners, root / _SKY130_LEF, _SKY130_ROLES, aliases, macro, _SKY130_SRAM_CORNER)


def osu018_at(folder: Path, source: str) -> Technology:
    """The OSU 0.18 um library in qflow's technology ``folder``; it has one corner, typical 1.8 V 25 C."""
    liberty, lef = folder / _OSU018_LIBERTY, folder / "osu018_stdcells.lef"
    for path in (liberty, lef):
        if not path.is_file():
            raise ToolError(f"{path} is missing; install Debian's qflow-tech-osu018 (apt-get install qflow-tech-osu018)")
    return Technology("osu018", source, {"tt_025C_1v80": liberty}, lef, _OSU018_ROLES, {"tt": "tt_025C_1v80"})


def _from_folder(folder: Path) -> Technology:
    if (folder / "lambdapdk" / "sky130").is_dir():
        return sky130_at(folder, f"lambdapdk folder {folder}")
    if (folder / _OSU018_LIBERTY).is_file():
        return osu018_at(folder, f"OSU 0.18 um library in {folder}")
    raise ToolError(f"--pdk {folder}: neither 'sky130', 'osu018', nor a folder holding lambdapdk/sky130 or {_OSU018_LIBERTY}; {_REMEDY}")


def _find_sky130(search_from: Iterable[Path], download: bool | None) -> Technology | None:
    for start in search_from:
        for folder in _upward(start):
            if (folder / "shared" / "pdk" / "lambdapdk" / "sky130").is_dir():
                return sky130_at(folder / "shared" / "pdk", "lambdapdk sky130hd in shared/pdk beside the repository")
    if download is None:
        download = os.environ.get(DOWNLOAD_VARIABLE, "1") != "0"
    root = _siliconcompiler_copy() if download else None
    return None if root is None else sky130_at(root, "lambdapdk sky130hd fetched by SiliconCompiler")


def _upward(start: Path) -> Iterator[Path]:
    start = start.resolve()
    yield start
    yield from start.parents


_FETCH = """
from lambdapdk.sky130.libs.sky130sc import Sky130_SCHDLibrary
library = Sky130_SCHDLibrary()
print("ROOT", library.find_files("fileset", "models.physical", "file", "lef")[0])
"""


def _siliconcompiler_copy() -> Path | None:
    """Root of the lambdapdk data in SiliconCompiler's cache, fetched if it can be; None without it (no network)."""
    logger.warning("no shared/pdk: asking SiliconCompiler for lambdapdk (at most %d s)", DOWNLOAD_SECONDS)
    try:
        done = subprocess.run(
            [sys.executable, "-c", _FETCH], capture_output=True, text=True, timeout=DOWNLOAD_SECONDS, stdin=subprocess.DEVNULL, check=False
        )
    except subprocess.TimeoutExpired:
        logger.warning("fetching lambdapdk took more than %d s; going on without it", DOWNLOAD_SECONDS)
        return None
    for line in done.stdout.splitlines():
        if line.startswith("ROOT "):
            return Path(line.removeprefix("ROOT ").strip()).parents[len(_SKY130_LEF.parts) - 1]
    reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
    logger.warning("SiliconCompiler could not fetch lambdapdk (%s); going on without it", reason[:200])
    return None


def _find_osu018(folders: Iterable[Path]) -> Technology:
    for folder in folders:
        if (folder / _OSU018_LIBERTY).is_file():
            return osu018_at(folder, "OSU 0.18 um standard cells of Debian's qflow-tech-osu018")
    raise ToolError(f"no standard-cell library found (sky130 or OSU 0.18 um); {_REMEDY}")
