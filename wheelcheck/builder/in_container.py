"""`python -m wheelcheck.builder.in_container WHEEL FOLDER OUT`: finish a wheel inside a container, and try it there.

cibuildwheel's repair command runs it, after auditwheel, from a copy of this package, so the staged payload is added and
the smoke commands are run by the same code as outside. FOLDER holds the stage and `plan.json`, both written by
`containers.prepare`. A wheel that fails does not leave the container.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

from wheelcheck.builder import install, smoke
from wheelcheck.builder import stage as staging
from wheelcheck.builder import wheel as assembly
from wheelcheck.builder.run import BuildError
from wheelcheck.builder.toolchain import Target
from wheelcheck.config import Config, Payload
from wheelcheck.config.builder import Settings, SmokeCommand
from wheelcheck.platforms.arch import find
from wheelcheck.records import dataclass, field
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

IDENTIFIER = "CIBUILDWHEEL_BUILD_IDENTIFIER"
TRIED = "tried in the container: sha256 "  # begins the line about a wheel that passed, as it was then
_AGAIN = "run `wheelcheck build cibuildwheel` again"


@dataclass(frozen=True, slots=True)
class Plan:
    """What was decided outside: target, date, the tags of each interpreter, the inventory of each wheel by its name.

    `commands` are the smoke commands, `payload` what they name, and `lacks` says why the container cannot do what some
    of them need (an emulated one has no ptrace).
    """

    arch: str
    floor: tuple[int, int]
    source: str
    date: tuple[int, int, int, int, int, int]
    pairs: dict[str, tuple[str, str]]
    inventories: dict[str, dict[str, str]]
    payload: tuple[Payload, ...] = ()
    commands: tuple[SmokeCommand, ...] = ()
    lacks: Mapping[str, str] = field(default_factory=dict)

    @property
    def tries(self) -> bool:
        """Whether a smoke command can run in the container, so that every wheel which leaves it has passed one."""
        return any(self.lacks.keys().isdisjoint(command.needs) for command in self.commands)

    def write(self, folder: Path) -> None:
        """Write it where `read` finds it."""
        (folder / "plan.json").write_text(json.dumps(asdict(self)), "utf-8")


def read(folder: Path) -> Plan:
    """Return the plan in a folder. Raises BuildError."""
    try:
        found = json.loads((folder / "plan.json").read_text("utf-8"))
        lists = {"floor": tuple(found["floor"]), "date": tuple(found["date"])}
        pairs = {name: (python, abi) for name, (python, abi) in found["pairs"].items()}
        payload = tuple(Payload(one["name"], one["kind"], one["path"]) for one in found["payload"])
        commands = tuple(
            SmokeCommand(tuple(one["run"]), one["expect"], one["status"], tuple(one["needs"]))
            for one in found["commands"]
        )
        return Plan(**{**found, **lists, "pairs": pairs, "payload": payload, "commands": commands})
    except (OSError, ValueError, TypeError, KeyError) as problem:
        raise BuildError(folder / "plan.json", f"the plan cannot be read ({problem!r})", _AGAIN) from problem


def finish(wheel: Path, folder: Path, identifier: str, out: Path) -> Path:
    """Write the finished wheel to `out` and return it. Raises BuildError if anything differs from the plan."""
    plan = read(folder)
    name = identifier.partition("-")[0]
    if name not in plan.pairs:
        raise BuildError(IDENTIFIER, f"{identifier!r} is not planned, only {', '.join(plan.pairs)}", _AGAIN)
    target = Target(find(plan.arch), plan.floor)
    stage = staging.load(folder / "stage", target)
    if stage.manifest.source != plan.source:
        raise BuildError(folder / "stage", "it is not the stage of this plan", _AGAIN)
    tagged = assembly.tagged_name(wheel.name, plan.pairs[name], target)
    inventory = {path: text.encode() for path, text in plan.inventories.get(tagged, {}).items()}
    if plan.inventories and not inventory:
        raise BuildError(tagged, f"no such wheel is planned, only {', '.join(plan.inventories)}", _AGAIN)
    finished = assembly.assemble(wheel, tagged, stage, target, out, inventory, plan.date)
    assembly.require_record(finished, stage)
    return finished


def require_works(wheel: Path, folder: Path) -> tuple[smoke.Result, ...]:
    """Install a finished wheel in an environment of its own and run the plan's smoke commands; return the results.

    Raises BuildError if it cannot be installed, or if one of them fails.
    """
    plan = read(folder)
    if not plan.tries:
        return ()
    version = (sys.version_info.major, sys.version_info.minor)
    machine = install.Machine(find(plan.arch), sys.executable, version, lacks=plan.lacks)
    with tempfile.TemporaryDirectory(prefix="wheelcheck-") as name:
        scratch = Path(name)
        installed = install.install(wheel, machine, scratch, os.environ, lambda _: None)
        what = Settings(scratch, Config(payload=plan.payload), (), scratch, (), plan.commands)
        results = smoke.run_tests(what, installed, scratch)
    smoke.require_executed(results)
    return results


def main(words: Sequence[str], identifier: str) -> int:
    """Run the command with these arguments; return the exit code."""
    wheel, folder, out = map(Path, words)
    try:
        finished = finish(wheel, folder, identifier, out)
        results = require_works(finished, folder)
        tried = [f"{TRIED}{sha256(finished.read_bytes()).hexdigest()}"] if smoke.was_executed(results) else []
        print(*results, *tried, finished, sep="\n")  # noqa: T201  (the output of a command)
    except BuildError as problem:
        print(f"error: {problem}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ.get(IDENTIFIER, "")))
