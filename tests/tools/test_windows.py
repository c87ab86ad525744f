from __future__ import annotations

import json

from tools import windows
from tools.windows import TARGET

SHIPPED = TARGET.read_text("utf-8")
NAMES = " ".join(json.loads(SHIPPED)["libraries"]).split()


def test_the_shipped_names_are_sorted_small_and_each_there_once() -> None:
    assert sorted({name.lower() for name in NAMES}) == NAMES
    assert len(SHIPPED) < 60_000


def test_every_dll_that_mingw_defines_for_all_cpus_is_there_but_runtimes_and_api_sets() -> None:
    defined = {name.lower().removesuffix(".dll") for name in windows.of_mingw()}
    missing = {name for name in defined - set(NAMES) if not name.startswith(("api-ms-", "vcruntime", "ucrtbased"))}
    assert missing == set()
    assert len(defined) > 300


def test_what_only_some_windows_have_by_chance_is_left_out() -> None:
    runtimes = {"msvcp140", "vcruntime140", "mfc140u", "vcomp140", "concrt140", "msvcr100", "libcrypto"}
    assert runtimes.isdisjoint(NAMES)
    assert {"kernel32", "ucrtbase", "msvcrt", "d3d12", "bcryptprimitives"} <= set(NAMES)
