"""What judges inputs, in a process of its own.

A session `read-NAME` is in the lane of readers (`tests.fuzz.readers`); the others judge with rules. The process limits
itself before it starts; the process above reads its lines and sees how it ended. A line is JSON: first the
number of an input, then what became of it.
"""

from __future__ import annotations

import gc
import json
import resource
import signal
import time
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from tests.fuzz import archive_inputs, native_inputs, nested_inputs, readers, text_inputs
from tests.fuzz.made import CONTROL, Made, Pieces, Read
from tests.support.memory import Growth
from wheelcheck import engine
from wheelcheck.config import Config, ConfigError, load
from wheelcheck.report import FORMATS, render

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Protocol

    from wheelcheck import results

    class Maker(Protocol):
        """Makes one input from a source of random choices."""

        def __call__(self, words: Random, /, *, is_bad: bool) -> Made | Pieces: ...


READ = "read-"  # begins the names of the sessions in the lane of readers
MAKERS: dict[str, Maker] = {
    "elf": native_inputs.elf,
    "macho": native_inputs.macho,
    "pe": native_inputs.pe,
    "zip": archive_inputs.a_zip,
    "tar": archive_inputs.a_tar,
    "wheel": text_inputs.wheel,
    "sdist": text_inputs.sdist,
    "nested": nested_inputs.nested,
    "config": text_inputs.config,
    **{f"{READ}{name}": maker for name, maker in readers.MAKERS.items()},
}
NATIVE = ("elf", "macho", "pe")
CPU_SECONDS, MEBIBYTES = 2.0, 200  # more for one input is a failure; an idle worker has about 50 MiB
RENDERED = 16  # every so many reports is rendered, which takes half as long again as to judge
ENDED_AFTER = 60  # seconds of CPU time for one input: the process is ended
WALL_SECONDS = 900  # then as well, whatever it waits for; a busy machine gives it little time
ADDRESS_SPACE = 2 * 2**30


class Seen(NamedTuple):
    """What became of an input: counts of verdicts, changed files and those that got far, and the first problem."""

    verdicts: dict[str, int]
    changed: int
    reached: int
    problem: str = ""


def make(session: str, word: str, number: int) -> Made | Pieces:
    """Return one input; nothing but these three words decides about it."""
    words = Random(f"{session} {word} {number}")  # noqa: S311 - a fuzzer's choices
    return MAKERS[session](words, is_bad=number % CONTROL == CONTROL - 1)


def judge(made: Made, folder: Path) -> results.Report | None:
    """Return the gate's report; None where the configuration is refused."""
    path = folder / made.file
    path.write_bytes(made.content)
    expected = Config()
    if made.config is not None:
        (folder / "wheelcheck.toml").write_bytes(made.config)
        try:
            expected = load(folder / "wheelcheck.toml")
        except ConfigError:
            return None
    try:
        return engine.examine([path], expected)
    except ConfigError:
        return None
    finally:
        path.unlink()


def outcome(session: str, number: int, made: Made | Pieces, folder: Path) -> dict[str, Any]:
    """Return what became of one input: the verdict, how far it got, and the problem if there is one."""
    growth = Growth()
    if isinstance(made, Pieces):
        seen = _read(readers.READ[session.removeprefix(READ)], made, folder)
    else:
        seen = _judged(session, number, made, folder)
    mebibytes = growth.mebibytes()
    if not seen.problem and mebibytes > MEBIBYTES:
        seen = seen._replace(problem=f"{mebibytes} MiB of memory")
    return {"number": number, **seen._asdict()}


def _judged(session: str, number: int, made: Made, folder: Path) -> Seen:
    began = time.process_time()
    try:
        report = judge(made, folder)
        if report is not None and number % RENDERED == 0:
            render(report, FORMATS[number // RENDERED % len(FORMATS)])
        problem = _problem(made, report)
    except Exception as raised:  # noqa: BLE001 - whatever is raised is what is looked for
        report, problem = None, f"raised {type(raised).__name__}: {raised}"
    problem = problem or _slow(began)
    reached = _reached(session, report) if report else 0
    return Seen({report.verdict if report else "refused": 1}, made.changed, reached, problem)


def _read(read: Callable[[Any, Path], Read], pieces: Pieces, folder: Path) -> Seen:
    """Read piece by piece; the problem says which one it is of."""
    problem, seen = "", []
    for number, piece in enumerate(pieces.each):
        began = time.process_time()
        try:
            seen.append(read(piece, folder))
            own = "a bad file passes" if pieces.is_bad and not seen[-1].is_faulty else _slow(began)
        except Exception as raised:  # noqa: BLE001 - as above
            own = f"raised {type(raised).__name__}: {raised}"
        problem = problem or (own and f"piece {number} ({pieces.done[number]}): {own}")
    faulty = sum(each.is_faulty for each in seen)
    verdicts = {"faulty": faulty, "sound": len(seen) - faulty}
    return Seen(verdicts, len(pieces.each), sum(each.is_reached for each in seen), problem)


def _slow(began: float) -> str:
    seconds = time.process_time() - began
    return f"{seconds:.1f} s of CPU time" if seconds > CPU_SECONDS else ""


def _problem(made: Made, report: results.Report | None) -> str:
    inside = [gap.why for gap in report.gaps if "internal error" in gap.why] if report else []
    if inside:
        return inside[0]
    return "a bad file passes" if made.is_bad and report and report.verdict == "pass" else ""


def _reached(session: str, report: results.Report) -> int:
    """Return how many changed files rules have judged: the container was opened, the native file's header read."""
    if not report.artifacts or not report.artifacts[0].is_opened:
        return 0
    natives = [member.binary for member in report.artifacts[0].natives if member.binary]
    return sum(bool(binary.slices) for binary in natives) if session in NATIVE else 1


def limit() -> None:
    """Give this process a limit of memory; time is set for each input."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _raise(*_: object) -> None:
    raise KeyError("planted")


def _sleep(*_: object) -> None:
    time.sleep(2 * WALL_SECONDS)


def _allocate(*_: object) -> None:
    bytearray(b"x") * (2 * MEBIBYTES * 2**20)


def sabotage(how: str) -> None:
    """Break the gate and its readers in this process, so that a session can show that it would notice."""
    if how == "passes":
        vars(engine)["_run"] = lambda *_: iter(())
        readers.READ.update(dict.fromkeys(readers.READ, lambda *_: Read(is_reached=True, is_faulty=False)))
    else:
        vars(engine)["collect"] = _broken(how, vars(engine)["collect"])
        readers.READ.update({name: _broken(how, read) for name, read in readers.READ.items()})


def _broken(how: str, whole: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that does something bad when it is called first: to allocate 64 times would take a minute."""
    planted = [{"raises": _raise, "sleeps": _sleep, "allocates": _allocate}[how]]

    def broken(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - what it takes and gives
        if planted:
            planted.pop()()
        return whole(*arguments, **named)

    return broken


def work(  # noqa: PLR0913, PLR0917 - which inputs, how they are judged and where
    session: str, word: str, numbers: range, how: str, folder: Path, lines: TextIO
) -> None:
    """Judge the inputs with these numbers, one by one, in a process of its own; `how` is the sabotage, if any."""
    limit()
    gc.set_threshold(100_000)  # as `wheelcheck.__main__` does
    for name in ("all_rules", "wheel_rules"):
        vars(engine)[name] = cache(vars(engine)[name])  # a tenth of the work of a small wheel
    wall = WALL_SECONDS
    if how:
        sabotage(how)
        wall = 3 if how == "sleeps" else wall  # a busy machine takes seconds to allocate
    for number in numbers:
        print(json.dumps({"number": number}), file=lines, flush=True)
        made = make(session, word, number)
        signal.alarm(wall)
        signal.setitimer(signal.ITIMER_PROF, ENDED_AFTER)
        print(json.dumps(outcome(session, number, made, folder)), file=lines, flush=True)
        signal.alarm(0)
        signal.setitimer(signal.ITIMER_PROF, 0)
