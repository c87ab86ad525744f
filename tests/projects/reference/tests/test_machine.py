from __future__ import annotations

import reference


def test_the_extension_module_knows_its_floor() -> None:
    found = reference.machine()
    assert found.floor == "2.17"
    assert [int(part) for part in found.running.split(".")] >= [2, 17]
