from __future__ import annotations

import json
import re
from importlib import resources

from tools.manylinux import SOURCES, render


def test_every_policy_of_the_installed_auditwheel_is_taken_but_the_one_that_promises_nothing() -> None:
    data = json.loads(render())
    for family, file in SOURCES.items():
        published = json.loads(resources.files("auditwheel.policy").joinpath(file).read_text("utf-8"))
        assert set(data[family]) == {entry["name"] for entry in published} - {"linux"}
        assert len(data[family]) > 1


def test_the_newest_version_is_the_highest_number_and_not_the_last_word() -> None:
    data = json.loads(render())["manylinux"]
    glibc = {name: entry["versions"]["x86_64"]["GLIBC"]["newest"] for name, entry in data.items()}
    assert {name: glibc[name] for name in ("manylinux_2_5", "manylinux_2_17", "manylinux_2_28")} == {
        "manylinux_2_5": "2.5",
        "manylinux_2_17": "2.17",
        "manylinux_2_28": "2.28",
    }
    assert data["manylinux_2_17"]["versions"]["x86_64"]["GLIBCXX"]["newest"] == "3.4.19"
    assert {"libc.so.6", "libstdc++.so.6", "libz.so.1"} <= set(data["manylinux_2_17"]["libraries"])


def test_names_without_a_plain_number_are_kept_apart() -> None:
    families = [
        summary
        for entry in json.loads(render())["manylinux"].values()
        for versions in entry["versions"].values()
        for summary in versions.values()
    ]
    odd = {other for summary in families for other in summary["others"]}
    assert odd
    assert [name for name in odd if re.fullmatch(r"[\d.]+", name)] == []
