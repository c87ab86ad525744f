from __future__ import annotations

import json
import re

from abi3info import DATAS, FUNCTIONS
from abi3info.models import Symbol

from tools.stable_abi import TARGET
from wheelcheck.platforms.stable_abi import added_in


def test_the_file_names_its_source_with_its_date() -> None:
    assert re.fullmatch(r"abi3info \d{4}\.\d{1,2}\.\d{1,2}", json.loads(TARGET.read_text("utf-8"))["source"])


def test_each_name_has_the_version_that_the_source_says() -> None:
    listed = FUNCTIONS[Symbol("PyType_GetModule")], DATAS[Symbol("PyExc_OSError")]
    assert [(entry.symbol.name, (entry.added.major, entry.added.minor)) for entry in listed] == [
        (entry.symbol.name, added_in()[entry.symbol.name]) for entry in listed
    ]
    assert len(added_in()) == len({entry.symbol.name for entry in (*FUNCTIONS.values(), *DATAS.values())})
