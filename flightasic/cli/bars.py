"""Progress of tasks side by side."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn


class TaskBars:
    """A bar for every task that runs, over simulated cycles where there are any, and a line for every task that ended, on stderr."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[cycles]}"), TimeElapsedColumn())
        self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
        self._bars: dict[str, TaskID] = {}

    def __enter__(self) -> TaskBars:
        self._progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._progress.stop()

    def started(self, task: str) -> None:
        self._bars[task] = self._progress.add_task(escape(task), total=None, cycles="")

    def progressed(self, task: str, done: int, total: int) -> None:
        self._progress.update(self._bars[task], completed=done, total=total, cycles=f"{done:,} of {total:,} cycles")

    def ended(self, task: str, failed: str | None) -> None:
        if task in self._bars:
            self._progress.remove_task(self._bars.pop(task))
        outcome = "done" if failed is None else f"failed, {failed}"
        self._progress.console.print(escape(f"{task}: {outcome}"), highlight=False, soft_wrap=True)
