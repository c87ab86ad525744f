"""The process that judges inputs: `python -m tests.fuzz.worker SESSION SEED START STOP [SABOTAGE]`.

It limits itself before it starts; the process above reads its lines and sees how it ended. A line is JSON: first the
number of an input, then what became of it.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from tests.fuzz import archive_inputs, native_inputs, text_inputs
from tests.fuzz.made import CONTROL, Made
from tests.support.memory import Growth
from wheelcheck import engine
from wheelcheck.config import Config, ConfigError, load
from wheelcheck.report import FORMATS, render

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    class Maker(Protocol):
        """Makes one input from a source of random choices."""

        def __call__(self, words: Random, /, *, is_bad: bool) -> Made: ...


MAKERS: dict[str, Maker] = {
    "elf": native_inputs.elf,
    "macho": native_inputs.macho,
    "pe": native_inputs.pe,
    "zip": archive_inputs.a_zip,
    "tar": archive_inputs.a_tar,
    "wheel": text_inputs.wheel,
    "sdist": text_inputs.sdist,
    "config": text_inputs.config,
}
NATIVE = ("elf", "macho", "pe")
CPU_SECONDS, MEBIBYTES = 2.0, 200  # more for one input is a failure; an idle worker has about 50 MiB
RENDERED = 16  # every so many reports is rendered, which takes half as long again as to judge
WALL_SECONDS = 60  # then the process is ended
ADDRESS_SPACE = 2 * 2**30


def make(session: str, word: str, number: int) -> Made:
    """Return one input; nothing but these three words decides about it."""
    words = Random(f"{session} {word} {number}")  # noqa: S311 - a fuzzer's choices
    return MAKERS[session](words, is_bad=number % CONTROL == CONTROL - 1)


def judge(made: Made, folder: Path) -> engine.Report | None:
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


def outcome(session: str, number: int, made: Made, folder: Path) -> dict[str, Any]:
    """Return what became of one input: the verdict, how far it got, and the problem if there is one."""
    growth, began = Growth(), time.process_time()
    try:
        report = judge(made, folder)
        if report is not None and number % RENDERED == 0:
            render(report, FORMATS[number // RENDERED % len(FORMATS)])
        problem = _problem(made, report)
    except Exception as raised:  # noqa: BLE001 - whatever is raised is what is looked for
        report, problem = None, f"raised {type(raised).__name__}: {raised}"
    seconds = time.process_time() - began
    if not problem and seconds > CPU_SECONDS:
        problem = f"{seconds:.1f} s of CPU time"
    mebibytes = growth.mebibytes()
    if not problem and mebibytes > MEBIBYTES:
        problem = f"{mebibytes} MiB of memory"
    verdict = report.verdict if report else "refused"
    reached = _reached(session, report) if report else 0
    return {"number": number, "verdict": verdict, "changed": made.changed, "reached": reached, "problem": problem}


def _problem(made: Made, report: engine.Report | None) -> str:
    inside = [gap.why for gap in report.gaps if "internal error" in gap.why] if report else []
    if inside:
        return inside[0]
    return "a bad file passes" if made.is_bad and report and report.verdict == "pass" else ""


def _reached(session: str, report: engine.Report) -> int:
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
    """Break the gate in this process, so that a session can show that it would notice."""
    planted: dict[str, Callable[..., None]] = {"raises": _raise, "sleeps": _sleep, "allocates": _allocate}
    whole = vars(engine)["collect"]

    def broken(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - what collect takes and gives
        planted[how]()
        return whole(*arguments, **named)

    if how == "passes":
        vars(engine)["_run"] = lambda *_: iter(())
    else:
        vars(engine)["collect"] = broken


def main(arguments: list[str]) -> int:
    """Judge the inputs with these numbers, one by one."""
    session, word, start, stop, *how = arguments
    limit()
    wall = WALL_SECONDS
    if how:
        sabotage(how[0])
        wall = 3
    with tempfile.TemporaryDirectory() as folder:
        for number in range(int(start), int(stop)):
            print(json.dumps({"number": number}), flush=True)
            made = make(session, word, number)
            signal.alarm(wall)
            print(json.dumps(outcome(session, number, made, Path(folder))), flush=True)
            signal.alarm(0)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
