"""Judges any number of artifacts one by one, on this machine or on a Dask cluster, into a file of JSON Lines.

`task` is what is done with one file, in a `worker` process; `rows` is the file; `scratch` is what is remembered of many
files; `progress` says how far it is.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice
from time import monotonic

from wheelcheck.inputs import UnreachableError
from wheelcheck.records import dataclass
from wheelcheck.survey import rows
from wheelcheck.survey.task import ATTEMPTS, close_idle, judge
from wheelcheck.survey.worker import rule_set, unverified
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Executor
    from pathlib import Path

    from wheelcheck.survey.progress import Progress
    from wheelcheck.survey.scratch import Known

TIMEOUT = 600  # seconds for one artifact
_AHEAD = 2  # tasks given out for each that runs, so that none waits for this process
_GRACE = 120.0  # seconds beside the time limits after which a task of a cluster is given up
_LOOK = 5.0  # seconds between two looks at what takes too long


@dataclass(frozen=True, slots=True)
class Crew:
    """Who judges: an executor, and how many tasks it runs at a time."""

    executor: Executor
    size: int


@contextmanager
def here(jobs: int) -> Iterator[Crew]:
    """Judge on this machine, in `jobs` processes."""
    pool = ThreadPoolExecutor(jobs)
    try:
        yield Crew(pool, jobs)
    finally:
        pool.shutdown(cancel_futures=True)
        close_idle()


@contextmanager
def on_cluster(address: str, patience: float = 20) -> Iterator[Crew]:
    """Judge on the workers of a running Dask scheduler, which see the files by the same paths.

    Raises UnreachableError if Dask is not installed, or no scheduler with workers answers: at once where nothing
    listens at its port, else after `patience` seconds.
    """
    from wheelcheck.survey import cluster  # noqa: PLC0415  # Dask is an extra

    with cluster.connected(address, patience) as client:
        yield Crew(client.get_executor(pure=False), sum(client.nthreads().values()))


def survey(files: Iterable[Path], output: Path, crew: Crew, timeout: float, progress: Progress) -> Counter[str]:
    """Judge the files that `output` does not hold yet under this rule set, and append their rows to it.

    Each file may take `timeout` seconds. Returns the verdicts on all files, counted, those that `output` held before
    included. Raises UnreachableError for an output that is no survey and for workers with another rule set, OSError if
    the output cannot be read or written.
    """
    known = rows.continued(output, rule_set())
    verdicts: Counter[str] = Counter()
    with output.open("ab") as results:
        for path, found in _answers(files, known, crew, timeout, progress):
            if found["rules"] != known.rules:
                raise UnreachableError(f"a worker has wheelcheck {found['rules']}, expected {known.rules} as here")
            sha256 = found["sha256"]  # empty for a file that cannot be read, which nothing else is equal to
            verdict = known.verdict(sha256, path.name) if sha256 else None
            if verdict is None:  # the same file may lie in two folders
                verdict = found["verdict"]
                if sha256:
                    known.add(sha256, path.name, verdict)
                results.write(b"".join(map(rows.line_of, rows.of_artifact(found))))
                results.flush()
                progress.judged(path, verdict, found["gaps"])
            progress.ended(path)
            verdicts[verdict] += 1
    return verdicts


def _answers(
    files: Iterable[Path], known: Known, crew: Crew, timeout: float, progress: Progress
) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield each file with its answer, in the order in which they end; few files are under way at any time."""
    waiting = iter(files)
    running: dict[Future[dict[str, Any]], tuple[Path, float]] = {}
    while True:
        for path in islice(waiting, crew.size * _AHEAD - len(running)):
            place = path.absolute()
            future = crew.executor.submit(judge, str(place), known.digests(path.name), timeout)
            running[future] = (path, monotonic())
        if not running:
            return
        done, _ = wait(running, _LOOK, FIRST_COMPLETED)
        limit = _AHEAD * ATTEMPTS * timeout + _GRACE
        late = {future for future, (_, start) in running.items() if monotonic() - start > limit}
        progress.show([path for path, _ in running.values()])
        for future in done | late:
            path, _ = running.pop(future)
            yield path, _result(path, future) | {"source": str(path)}


def _result(path: Path, future: Future[dict[str, Any]]) -> dict[str, Any]:
    """Return the answer of a task that has ended, or one that says how it failed."""
    if not future.done():
        future.cancel()
        return unverified(path, "the cluster returned no answer in time")
    try:
        return future.result()
    except CancelledError:
        raise UnreachableError("the cluster has dropped the survey's tasks; run it again to go on") from None
    except Exception as problem:  # noqa: BLE001  # whatever ends a task is one artifact that is not verified
        return unverified(path, f"the task ended with {type(problem).__name__}: {problem}")
