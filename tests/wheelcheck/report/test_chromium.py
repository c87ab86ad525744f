from __future__ import annotations

import pytest

from tests.wheelcheck.report.chromium import find


@pytest.mark.parametrize(("in_ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_a_missing_chromium_is_a_failure_in_ci_and_a_skip_with_a_reason_elsewhere(
    in_ci: str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("CI", in_ci)
    with pytest.raises(outcome, match="apt-get install chromium"):
        find()
