"""The progress bar of a run: on standard error, and only if that is a terminal."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, contextmanager, nullcontext

from wheelcheck.report.wording import safe
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from wheelcheck.facts.progress import Progress


def on_standard_error() -> AbstractContextManager[Callable[[Progress], None] | None]:
    """Return `shown` for standard error; without a terminal nothing of rich is imported."""
    if sys.stderr is None or not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console  # noqa: PLC0415  # slow to import

    return shown(Console(stderr=True))


@contextmanager
def shown(console: Console) -> Iterator[Callable[[Progress], None] | None]:
    """Show a bar while the block runs, and yield the function that moves it; None without a terminal."""
    if not console.file.isatty():  # FORCE_COLOR makes a terminal of a log
        yield None
        return
    from rich import progress  # noqa: PLC0415  # slow to import, and a pipe gets no bar

    columns = (
        progress.BarColumn(None),
        progress.TaskProgressColumn(),
        progress.TimeRemainingColumn(),
        progress.TextColumn("{task.description}", markup=False),
    )
    with progress.Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("reading", total=None)

        def listen(step: Progress) -> None:
            bar.update(task, total=step.total, completed=step.done, description=safe(step.file))

        yield listen
