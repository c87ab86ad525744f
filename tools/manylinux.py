"""Write wheelcheck/platforms/manylinux.json again from the policies that the installed auditwheel publishes.

    python -m tools.manylinux [--check]

PEP 600 refers to the mainstream distributions with a given glibc; auditwheel's maintainers measure what these offer for
each glibc and CPU. The file holds the newest version of each symbol family, names without a plain number, and the
libraries that a wheel may expect from the system. `--check` is explained in tools/data_files.py.
"""

from __future__ import annotations

import json
import re
import sys
from importlib import resources
from typing import Any

from tools import data_files

TARGET = data_files.PLATFORMS / "manylinux.json"
SOURCES = {"manylinux": "manylinux-policy.json", "musllinux": "musllinux-policy.json"}


def source() -> str:
    """Return the auditwheel that the file names if it is written now."""
    return data_files.versions(["auditwheel"])


def render() -> str:
    """Return the text of the data file."""
    data: dict[str, Any] = {"source": source()}
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


if __name__ == "__main__":
    sys.exit(data_files.run(sys.modules[__name__]))
