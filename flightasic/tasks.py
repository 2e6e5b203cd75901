"""Long tasks side by side in processes of their own: who is how far, and what failed for a reason a user can act on."""

from __future__ import annotations

import multiprocessing
import queue
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any, Protocol

from flightasic.errors import FlightError

Progress = Callable[[int, int], None]
_POLL_S = 0.2


@dataclass(frozen=True)
class Task:
    """``function(*arguments, progress)`` in a process, both picklable; ``name`` is what a progress bar calls it."""

    name: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Failed:
    """A task that stopped with an error of the user, in its words."""

    reason: str


class Observer(Protocol):
    """Told of the tasks as they go."""

    def started(self, task: str) -> None: ...

    def progressed(self, task: str, done: int, total: int) -> None: ...

    def ended(self, task: str, failed: str | None) -> None: ...


def run_tasks(tasks: Sequence[Task], jobs: int, observer: Observer) -> list[Any]:
    """What every task returned, or a :class:`Failed`, in their order; they are started in that order, ``jobs`` at a time.

    One job at a time runs in this process. Errors that are no :class:`FlightError` end the whole run.
    """
    if jobs == 1:
        return [_here(task, observer) for task in tasks]
    return _side_by_side(tasks, jobs, observer) if tasks else []


def _here(task: Task, observer: Observer) -> Any:
    observer.started(task.name)
    result = _guarded(task, lambda done, total: observer.progressed(task.name, done, total))
    observer.ended(task.name, _reason(result))
    return result


def _guarded(task: Task, progress: Progress) -> Any:
    try:
        return task.function(*task.arguments, progress)
    except FlightError as error:
        return Failed(str(error))


def _reason(result: Any) -> str | None:
    return result.reason if isinstance(result, Failed) else None


def _in_process(task: Task, told: Any) -> Any:
    """What a worker process does; a task is said to start when one takes it, not when it is queued."""
    told.put((task.name, None))
    try:
        return _guarded(task, lambda done, total: told.put((task.name, (done, total))))
    except KeyboardInterrupt:
        # The terminal interrupts every process; this one has nothing to add to what the first says.
        return Failed("interrupted")


def _side_by_side(tasks: Sequence[Task], jobs: int, observer: Observer) -> list[Any]:
    # A fresh interpreter per worker: a fork would take over locks of torch's and the progress bars' threads.
    context = multiprocessing.get_context("spawn")
    with context.Manager() as manager:
        told = manager.Queue()
        pool = ProcessPoolExecutor(max_workers=min(jobs, len(tasks)), mp_context=context)
        try:
            futures = {pool.submit(_in_process, task, told): task for task in tasks}
            results = _collect(futures, told, observer)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
        pool.shutdown()
    return [results[task.name] for task in tasks]


def _collect(futures: Mapping[Future[Any], Task], told: Any, observer: Observer) -> dict[str, Any]:
    results: dict[str, Any] = {}
    waiting = set(futures)
    while waiting:
        done, waiting = wait(waiting, timeout=_POLL_S, return_when=FIRST_COMPLETED)
        _pass_on(told, observer)
        for future in done:
            name = futures[future].name
            try:
                results[name] = future.result()
            except BrokenProcessPool:
                results[name] = Failed("its process, or one beside it, was killed, perhaps for memory; run again with --jobs 1")
            observer.ended(name, _reason(results[name]))
    return results


def _pass_on(told: Any, observer: Observer) -> None:
    while True:
        try:
            name, cycles = told.get_nowait()
        except queue.Empty:
            return
        if cycles is None:
            observer.started(name)
        else:
            observer.progressed(name, *cycles)
