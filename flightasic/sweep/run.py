"""Running a sweep's jobs: one after the other in this process, or on Dask. What is done is kept, what was begun goes on."""

from __future__ import annotations

import json
import logging
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from flightasic.errors import FlightError, ToolError
from flightasic.files import write_json
from flightasic.job import command_line, run_job
from flightasic.nn.run import Step
from flightasic.nn.settings import TrainSettings
from flightasic.sweep.plan import QUANTISED_ONLY, Job

if TYPE_CHECKING:
    from distributed import Client

_logger = logging.getLogger(__name__)

STATE_FILE = "job.json"
_DEFAULTS = {field.name: field.default for field in fields(TrainSettings) if field.default is not MISSING}
_CONNECT_S = "20s"
# Dask makes workers return freed memory at once; training would then spend a third of its time on getting the same pages back.
_MALLOC_KEEPS = 1 << 30
_MALLOC_MAPS = 1 << 25  # the largest that glibc takes
_WORKER_ENVIRONMENT = {
    "MALLOC_TRIM_THRESHOLD_": _MALLOC_KEEPS,
    "MALLOC_MMAP_THRESHOLD_": _MALLOC_MAPS,
    **dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), 1),
}


@dataclass(frozen=True)
class Place:
    """Where jobs read and write.

    Attributes
    ----------
    base : Path
        Absolute folder that the other paths start from; every worker must see it under this name.
    out, results : Path
        Folders of the jobs and of the result records.
    data : Path or None
        Folder of the data sets, see :func:`flightasic.data.load`.
    """

    base: Path
    out: Path
    results: Path
    data: Path | None = None


@dataclass(frozen=True)
class Outcome:
    """How a job ended: ``result`` (see :func:`attempt`), or ``error``, the reason there is none."""

    job: Job
    result: dict[str, Any] | None = None
    error: str | None = None


def split_done(jobs: Iterable[Job], place: Place) -> tuple[list[Outcome], list[Job]]:
    """The outcomes of jobs that were done before with the same settings, and the jobs still to run, in their order."""
    done, open_jobs = [], []
    for job in jobs:
        state = _read_state(job, place)
        if state is not None and state["result"] is not None and _same(state, _describe(job)) and _files_are_there(state, place):
            done.append(Outcome(job, state["result"]))
        else:
            open_jobs.append(job)
    return done, open_jobs


def run_here(
    jobs: Iterable[Job], place: Place, *, on_outcome: Callable[[Outcome], None], on_step: Callable[[Job, Step], None] | None = None
) -> None:
    """Run jobs one after the other in this process; ``on_outcome`` is told how each ended, ``on_step`` every training step."""
    ended: dict[str, Outcome] = {}
    for job in jobs:
        started = None if job.start is None else ended.get(job.start.name)
        ended[job.name] = attempt(job, place, started, on_step)
        on_outcome(ended[job.name])


def run_on_dask(jobs: Iterable[Job], place: Place, client: Client, *, on_outcome: Callable[[Outcome], None]) -> None:
    """Run jobs on Dask's workers, each after the one it starts from; ``on_outcome`` is told how each ended.

    When interrupted, jobs that wait are taken back.
    """
    from distributed import as_completed

    futures: dict[str, Any] = {}
    by_key: dict[str, Job] = {}
    try:
        for index, job in enumerate(jobs):
            started = None if job.start is None else futures.get(job.start.name)
            future = client.submit(_on_worker, job, place, started, pure=False, priority=-index)
            futures[job.name], by_key[future.key] = future, job
        for future in as_completed(list(futures.values())):
            lost = future.exception()
            outcome = future.result() if lost is None else Outcome(by_key[future.key], error=f"{type(lost).__name__}: {lost}")
            on_outcome(outcome)
    except BaseException:
        client.cancel(list(futures.values()))
        raise


@contextmanager
def dask_client(scheduler: str | None, workers: int) -> Iterator[Client]:
    """A client of the scheduler at an address, or of a cluster on this machine: ``workers`` processes of one thread, no dashboard.

    Raises
    ------
    ToolError
        If Dask is not installed, or no scheduler answers.
    """
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise ToolError("Dask is not installed; pip install 'flightasic[sweep]', or run with --workers 0") from error
    # It logs every connection at its own level, whatever the application asks for.
    logging.getLogger("distributed").setLevel(logging.WARNING)
    if scheduler is None:
        # No memory limits: they would pause workers whose pages are mostly torch's code. No logs: a worker complains of every heartbeat
        # that the end of the cluster cuts off; one that dies is an error of its job. Even without a dashboard the scheduler opens an HTTP
        # port, which must be a free one.
        with _interrupts_ignored(), dask.config.set({"distributed.nanny.pre-spawn-environ": _WORKER_ENVIRONMENT}):
            cluster = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                dashboard_address=None,
                memory_limit=None,
                silence_logs=logging.CRITICAL,
                scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
            )
        with cluster, Client(cluster) as client:
            yield client
        return
    try:
        client = Client(scheduler, timeout=_CONNECT_S)
    except (OSError, ValueError) as error:
        raise ToolError(f"no Dask scheduler answers at {scheduler!r} ({error}); start one with 'dask scheduler'") from error
    with client:
        yield client


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Processes started in this block never see Ctrl-C: the one that started them ends them, without a traceback from each."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def attempt(job: Job, place: Place, started: Outcome | None = None, on_step: Callable[[Job, Step], None] | None = None) -> Outcome:
    """Run a job, from its checkpoint where there is one; whatever goes wrong becomes the outcome's ``error``.

    ``started`` is how the job it starts from ended, if that was in this sweep. The result holds ``accuracy``, ``mean_k``, the paths
    ``network`` and ``checkpoint`` (from ``place.base``), and the ``record`` (:class:`flightasic.job.JobResult`).
    """
    if started is not None and started.error is not None:
        return Outcome(job, error=f"not run, since {started.job.name} failed")
    try:
        return Outcome(job, _execute(job, place, on_step))
    except FlightError as error:
        return Outcome(job, error=str(error))
    except Exception as error:
        # One job's bug must not cost the others.
        _logger.exception("%s", job.name)
        return Outcome(job, error=f"{type(error).__name__}: {error}")


def _on_worker(job: Job, place: Place, started: Outcome | None) -> Outcome:
    torch.set_num_threads(1)
    return attempt(job, place, started)


def _execute(job: Job, place: Place, on_step: Callable[[Job, Step], None] | None) -> dict[str, Any]:
    out = _out(job, place)
    checkpoint = place.base / out.with_suffix(".ckpt")
    state = _read_state(job, place)
    described = _describe(job)
    if state is None or {**state, "result": None} != described:
        # The order matters: a checkpoint must never lie beside settings it was not made with.
        checkpoint.unlink(missing_ok=True)
        write_json(_state_path(job, place), described)
    start = None if job.start is None else _out(job.start, place).with_suffix(".ckpt")
    result = run_job(
        job.settings,
        place.base / out,
        data_root=place.data and place.base / place.data,
        start=None if start is None else place.base / start,
        resume=True,
        on_step=None if on_step is None else lambda step: on_step(job, step),
        results=place.base / place.results,
        command=command_line(job.settings, out, start=start),
    )
    # As a later sweep will read it.
    made: dict[str, Any] = json.loads(
        json.dumps(
            {
                "accuracy": result.accuracy,
                "mean_k": result.mean_k,
                "network": None if result.network is None else out.as_posix(),
                "checkpoint": out.with_suffix(".ckpt").as_posix(),
                "record": result.record,
            }
        )
    )
    write_json(_state_path(job, place), {**described, "result": made})
    return made


def _out(job: Job, place: Place) -> Path:
    return place.out / job.name / f"{job.network}.flnet"


def _state_path(job: Job, place: Place) -> Path:
    return place.base / place.out / job.name / STATE_FILE


def _read_state(job: Job, place: Place) -> dict[str, Any] | None:
    """What the job's folder says of its last run; None where it says nothing that can be read."""
    try:
        state = json.loads(_state_path(job, place).read_text())
    except (OSError, ValueError):
        return None
    return state if isinstance(state, dict) and state.keys() == {"settings", "start", "result"} else None


def _describe(job: Job) -> dict[str, Any]:
    """What determines the job's result, as JSON gives it back."""
    start = None if job.start is None else asdict(job.start.settings)
    described: dict[str, Any] = json.loads(json.dumps({"settings": asdict(job.settings), "start": start, "result": None}))
    return described


def _same(state: dict[str, Any], described: dict[str, Any]) -> bool:
    """Whether a finished run was of these settings."""
    return all(_what_counts(state[part]) == _what_counts(described[part]) for part in ("settings", "start"))


def _what_counts(settings: dict[str, Any] | None) -> dict[str, Any] | None:
    """All settings that determine a run's result; those that did not exist when it was made had their usual value."""
    if settings is None:
        return None
    usual: dict[str, Any] = json.loads(json.dumps(_DEFAULTS))
    ignored = QUANTISED_ONLY if settings["scheme"] == "float" else ()
    return {name: value for name, value in {**usual, **settings}.items() if name not in ignored}


def _files_are_there(state: dict[str, Any], place: Place) -> bool:
    paths = [state["result"][name] for name in ("network", "checkpoint")]
    return all((place.base / path).is_file() for path in paths if path is not None)
