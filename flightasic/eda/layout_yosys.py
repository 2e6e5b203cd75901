"""A ``yosys`` that speaks Tcl, made of the Python package pyosys, for SiliconCompiler's stock synthesis.

SiliconCompiler starts ``yosys -c SCRIPT.tcl``; pyosys is the same yosys built without Tcl. Python's own Tcl interpreter (tkinter's,
which needs no display) runs the script and hands every ``yosys COMMAND`` to pyosys. It is put on PATH for one run, and only where no
recent enough yosys is installed (:mod:`flightasic.eda.layout_tools`).
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flightasic.errors import ToolError

# A command leaves its value in one of these, as in yosys' own Tcl shell.
_RESULTS = ("result.string", "result.json")


def tcl_available() -> bool:
    """Whether this Python has a Tcl interpreter and pyosys."""
    try:
        import tkinter

        from pyosys import libyosys
    except ImportError:
        return False
    return bool(tkinter.TclVersion and libyosys)


def install(folder: Path) -> Path:
    """Write a program ``yosys`` into ``folder`` that runs :func:`main` with this interpreter; returns ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "yosys"
    package = str(Path(__file__).resolve().parents[2])
    # A temporary file renamed into place would lose the mode; nothing reads this one before it is whole.
    program.write_text(
        f"#!/bin/sh\nPYTHONPATH='{package}'${{PYTHONPATH:+:$PYTHONPATH}} exec '{sys.executable}' -m flightasic.eda.layout_yosys \"$@\"\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    return folder


def quote(word: str) -> str:
    """One word of a yosys command line; words with blanks, ``;`` or ``#`` go in quotes.

    Raises
    ------
    ToolError
        If the word holds both blanks and a quote, which yosys' command line cannot express.
    """
    if word and not any(letter in word for letter in " \t;#"):
        return word
    if '"' in word:
        if word.startswith('"') and word.endswith('"') and '"' not in word[1:-1]:
            return word
        raise ToolError(f"yosys argument {word!r} holds blanks and quotes; rename the file or option")
    return f'"{word}"'


def run_script(script: Path) -> None:
    """Run a Tcl script with the command ``yosys`` defined; yosys ends this process by itself on an error of its own.

    Raises
    ------
    ToolError
        If the script itself fails; the message holds Tcl's trace.
    """
    import tkinter

    from pyosys import libyosys

    # Commands such as ``tee -s`` write into the process' own design, never into one made here.
    design = libyosys.yosys_get_design()
    interpreter: Any = tkinter.Tcl()

    def yosys(*words: str) -> str:
        arguments = [str(word) for word in words if word != "-import"]
        if not arguments:
            return ""
        for key in _RESULTS:
            design.scratchpad_unset(key)
        libyosys.run_pass(" ".join(quote(word) for word in arguments))
        for key in _RESULTS:
            value = str(design.scratchpad_get_string(key))
            if value:
                return value
        return ""

    interpreter.createcommand("yosys", yosys)
    try:
        interpreter.eval(f"source {{{script}}}")
    except tkinter.TclError as error:
        trace = interpreter.eval("set errorInfo")
        raise ToolError(f"{script}: {error}\n{trace}") from error


def main(arguments: Sequence[str] | None = None) -> int:
    """``yosys --version`` and ``yosys -c SCRIPT``: the part of yosys' command line that SiliconCompiler uses.

    Returns
    -------
    int
        0, 1 after an error in the script, 2 for another command line.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words in (["--version"], ["-V"]):
        from pyosys import libyosys

        os.write(1, f"{libyosys.yosys_maybe_version()}\n".encode())
        return 0
    if len(words) != 2 or words[0] != "-c":
        os.write(2, f"ERROR: this yosys takes --version or -c SCRIPT, got {' '.join(words) or 'nothing'}\n".encode())
        return 2
    try:
        run_script(Path(words[1]))
    except ToolError as error:
        os.write(2, f"ERROR: {error}\n".encode())
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
