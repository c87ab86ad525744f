"""Write wheelcheck/platforms/manylinux.json again from the policies that the installed auditwheel publishes.

    python -m tools.policy [--check]

PEP 600 refers to the mainstream distributions with a given glibc; auditwheel's maintainers measure what these offer for
each glibc and CPU. The file holds the newest version of each symbol family, names without a plain number, and the
libraries that a wheel may expect from the system. Only this tool writes it. `--check` exits 1 if the file is out of
date, and 2 if another auditwheel is installed than the one it names, whose policies may differ.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from importlib import metadata, resources
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parent.parent / "wheelcheck" / "platforms" / "manylinux.json"
SOURCES = {"manylinux": "manylinux-policy.json", "musllinux": "musllinux-policy.json"}


def render() -> str:
    """Return the text of the data file."""
    data: dict[str, Any] = {"source": f"auditwheel {metadata.version('auditwheel')}"}
    for family, file in SOURCES.items():
        text = resources.files("auditwheel.policy").joinpath(file).read_text("utf-8")
        policies = [policy for policy in json.loads(text) if policy["name"] != "linux"]
        data[family] = {policy["name"]: _policy(policy) for policy in policies}
    return json.dumps(data, indent=1, sort_keys=True) + "\n"


def _policy(policy: dict[str, Any]) -> dict[str, Any]:
    versions = {
        cpu: {family: _summary(names) for family, names in families.items() if names}
        for cpu, families in policy["symbol_versions"].items()
    }
    return {"libraries": sorted(policy["lib_whitelist"]), "versions": versions}


def _summary(names: list[str]) -> dict[str, Any]:
    """Return the newest of the numbered versions, and the names without a plain number."""
    numbered = [name for name in names if re.fullmatch(r"[\d.]+", name)]
    newest = max(numbered, key=lambda name: tuple(map(int, name.split("."))), default="")
    return {"newest": newest, "others": sorted(set(names) - set(numbered))}


def main(arguments: list[str] | None = None) -> int:
    """Write or check the data file and return the exit code."""
    parser = argparse.ArgumentParser(
        description="Write wheelcheck/platforms/manylinux.json from auditwheel's policies."
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the file is out of date")
    options = parser.parse_args(arguments)
    if options.check:
        return _check(TARGET.read_text("utf-8") if TARGET.exists() else "")
    TARGET.write_text(render(), "utf-8")
    return 0


def _check(current: str) -> int:
    """Print what is wrong with the text of the data file and return the exit code."""
    source, installed = source_of(current), f"auditwheel {metadata.version('auditwheel')}"
    if source and source != installed:
        pinned = source.replace(" ", "==")
        print(f"{TARGET.name} is of {source}, and {installed} is installed: nothing to compare with.", file=sys.stderr)
        print(f"pip install {pinned} to check it, or python -m tools.policy to renew it", file=sys.stderr)
        return 2
    if current == render():
        return 0
    print(f"{TARGET.name} is not what {installed} gives: run python -m tools.policy", file=sys.stderr)
    return 1


def source_of(text: str) -> str:
    """Return the auditwheel that a data file names; empty if it names none."""
    try:
        return str(json.loads(text).get("source", ""))
    except ValueError:
        return ""


if __name__ == "__main__":
    sys.exit(main())
