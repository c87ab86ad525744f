"""Ask the dynamic loader of this machine about the Linux files of wheels, and compare its answer with the gate's.

    python -m tools.loader_oracle WHEEL...

Each x86_64 file of a wheel for glibc, whose floor this machine satisfies, is unpacked and handed to ld.so as `ldd -r`
does it: libraries are found, versions compared and symbols bound, and no code of the file runs. The interpreter's
libpython is preloaded for everything but programs.

Printed are the files that the loader refuses, or finds symbols missing in, without a finding of the gate about the file
that it names (MISSED), and those that the gate calls an error and this loader takes (TAKEN, which a machine newer than
the floor may do). Exits 1 if something was missed, 2 if no file was asked about.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sysconfig
import tempfile
import zipfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from wheelcheck.facts import Wheel
from wheelcheck.facts.collect import collect
from wheelcheck.facts.file_names import place_of
from wheelcheck.facts.fit import native_code
from wheelcheck.platforms.system_symbols import is_of_python
from wheelcheck.rules.catalogue import all_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.binary.model import Slice

LOADER = Path("/lib64/ld-linux-x86-64.so.2")
RULES = ("WC305", "WC4")  # the rules that claim to see what a loader refuses
_REFUSED = re.compile(r"=> not found|undefined symbol: \S+|version `\S+' not found|cannot \S+ .*|ELF load command .*")
_UNDEFINED = re.compile(r"undefined symbol: ([^\s,]+)")


def answer(file: Path, *, is_program: bool) -> list[str]:
    """Return what ld.so says is missing for one file; what an interpreter offers is left out."""
    library = Path(str(sysconfig.get_config_var("LIBDIR")), str(sysconfig.get_config_var("INSTSONAME")))
    preload = {} if is_program or not library.exists() else {"LD_PRELOAD": str(library)}
    asked = {"LD_TRACE_LOADED_OBJECTS": "1", "LD_WARN": "yes", "LD_BIND_NOW": "yes", **preload}
    environment = {"PATH": os.defpath, **asked}
    done = subprocess.run(
        [LOADER, file], env=environment, capture_output=True, text=True, check=False, errors="replace", timeout=60
    )
    said = [line.strip() for line in f"{done.stdout}\n{done.stderr}".splitlines() if _REFUSED.search(line)]
    return [line for line in said if not _is_of_python(line)]


def _is_of_python(line: str) -> bool:
    found = _UNDEFINED.search(line)
    return found is not None and is_of_python(found[1])


def files(wheel: Wheel) -> Iterator[tuple[str, Slice]]:
    """Yield the x86_64 files of a wheel for a glibc that this machine has."""
    here = tuple(int(part) for part in platform.libc_ver()[1].split("."))
    for member, slice_, tag in native_code(wheel, "linux"):
        if tag.libc == "glibc" and tag.arches == ("x86_64",) and tag.floor <= here and slice_.dynamic:
            yield member.path, slice_


def suspected(wheel: Wheel) -> dict[str, set[str]]:
    """Return what the gate says about each file: the severities of its findings."""
    found: dict[str, set[str]] = {}
    for rule in all_rules():
        if rule.on is Wheel and rule.code.startswith(RULES) and not (rule.needs and rule.needs(wheel)):
            for finding in rule.findings(wheel, wheel.file):
                found.setdefault(finding.path, set()).add(finding.severity)
    return found


def compare(path: Path) -> Iterator[tuple[str, str]]:
    """Yield `asked`, `MISSED` or `TAKEN` with a line that says what about."""
    wheel = collect(path)
    asked = dict(files(wheel)) if isinstance(wheel, Wheel) else {}
    if not asked or not isinstance(wheel, Wheel):  # no wheel, or nothing for this machine
        return
    said = suspected(wheel)
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(path) as archive:
            for member in wheel.natives:
                target = Path(folder, place_of(member.path))
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(archive.read(member.path))
        for name, slice_ in asked.items():
            missing = answer(Path(folder, place_of(name)), is_program=slice_.kind == "executable")
            yield "asked", name
            if missing and not any(place_of(other) in " ".join([name, *missing]) for other in said):
                yield "MISSED", f"{wheel.file} {name}: {missing[0]} ({len(missing)} in all)"
            elif not missing and "error" in said.get(name, ()):
                yield "TAKEN", f"{wheel.file} {name}"


def main(arguments: list[str] | None = None) -> int:
    """Compare all wheels, print the differences and counts, and return the exit code."""
    parser = argparse.ArgumentParser(description="Compare the gate with the dynamic loader of this machine.")
    parser.add_argument("wheels", nargs="+", type=Path, metavar="WHEEL")
    counts: Counter[str] = Counter()
    for wheel in parser.parse_args(arguments).wheels:
        for kind, line in compare(wheel):
            counts[kind] += 1
            if kind != "asked":
                print(kind, line)
    print(", ".join(f"{kind} {count}" for kind, count in sorted(counts.items())) or "no file to ask about")
    return 2 if not counts["asked"] else int(counts["MISSED"] > 0)


if __name__ == "__main__":
    raise SystemExit(main())
