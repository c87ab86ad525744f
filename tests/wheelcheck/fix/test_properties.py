from __future__ import annotations

import tempfile
import zipfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tests.support import native
from tests.support.artifacts import File, WheelRecipe
from wheelcheck import check
from wheelcheck.fix import Plan, Refusal, decide, plans
from wheelcheck.fix.rewrite import rewrite
from wheelcheck.report.fixes import differences

if TYPE_CHECKING:
    from tests.support.artifacts import Rows

# Tags, and native code that can be in a wheel with them, sound but for its floor.
TAGS = {
    "py3-none-any": (),
    "py3-none-manylinux_2_17_x86_64": (partial(native.program, "x86_64", (2, 17)),),
    "cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64": (partial(native.library, "x86_64", (2, 34)),),
    "py3-none-manylinux1_x86_64.manylinux_2_28_x86_64": (partial(native.program, "x86_64", (2, 34)),),
    "py3-none-macosx_10_9_x86_64": (partial(native.mac, "x86_64", "13.0"),),
    "py3-none-win_amd64": (partial(native.windows, "x86_64"),),
}
MODES = (0o100644, 0o100755, 0o644, 0o755, 0, 0o104755, 0o100000, 0o100664)
TEXTS = (b"", b"#!/bin/sh\n", b"x = 1\n", b"\0" * 4096)
BROKEN = (b"#!/bin/sh\r\n", partial(native.library, "aarch64", (2, 17)))
PATHS = ("demo/__init__.py", "demo/a,b.py", "demo/bin/tool", "demo/ä.bin", "demo-1.0.data/scripts/run", "d e.txt")
WHEELS = ("Root-Is-Purelib: false", "Root-Is-Purelib: true", "Root-Is-Purelib: True", "Root-Is-Purelib:", "X: y")
TAG_LINES = (None, "py3-none-any", "cp39-cp39-linux_x86_64")


def files(tags: str) -> st.SearchStrategy[list[File]]:
    """Return up to four files; with some of them the wheel cannot be repaired."""
    contents = st.sampled_from((*TEXTS, *TAGS[tags] * 5, *BROKEN[: not TAGS[tags]], *BROKEN[1:]))
    file = st.builds(File, st.sampled_from(PATHS), contents, st.sampled_from(MODES))
    return st.lists(file, max_size=4, unique_by=lambda file: file.path)


@st.composite
def wheels(draw: st.DrawFn) -> WheelRecipe:
    """Return a wheel with any of the faults that can be fixed, and some that cannot."""
    tags = draw(st.sampled_from(sorted(TAGS)))
    lines = draw(st.sampled_from((tags, *TAG_LINES)))
    end = draw(st.sampled_from(("\n", "\r\n")))
    wheel = end.join(["Wheel-Version: 1.0", draw(st.sampled_from(WHEELS)), *([f"Tag: {lines}"] if lines else []), ""])
    dropped, added = (
        draw(st.integers(0, 3)),
        draw(st.sampled_from(((), (("gone.py", "", "3"),), (("demo/bin/tool", "md5=x", "1"),)))),
    )

    def edited(rows: Rows) -> Rows:
        return [*rows[dropped:], *added]

    return WheelRecipe(
        tags, (File("demo/core.py"), *draw(files(tags))), dist_info={"WHEEL": wheel.encode()}, record=edited
    )


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(wheels())
def test_a_fixed_wheel_is_the_original_but_for_what_is_said(recipe: WheelRecipe) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        original = recipe.write(folder)
        before = check([original])
        for plan in plans(before):
            event(type(plan).__name__)
            if isinstance(plan, Refusal):
                assert plan.why
                continue
            made = rewrite(plan, [original], folder / "fixed")
            after = check([made])
            assert after.verdict == "pass"
            assert plans(after) == ()
            require_equal(original, made, "\n".join(differences(plan)))


def require_equal(original: Path, made: Path, said: str) -> None:
    """Compare member by member: packed data, dates and all headers are equal unless the difference names the member."""
    with zipfile.ZipFile(original) as old, zipfile.ZipFile(made) as new:
        for before, after in zip(old.infolist(), new.infolist(), strict=True):
            assert before.filename == after.filename
            assert before.date_time == after.date_time
            assert (old.read(before) != new.read(after)) == (f"text {after.filename}" in said)
            assert (before.external_attr >> 16 != after.external_attr >> 16) == (f" {after.filename}\n" in moded(said))
            if old.read(before) == new.read(after):
                assert (before.compress_size, before.CRC, before.extra) == (after.compress_size, after.CRC, after.extra)


def moded(said: str) -> str:
    return "".join(f"{line}\n" for line in said.splitlines() if line.startswith("mode "))


@given(st.binary(max_size=200), st.sampled_from(("demo-1.0-py3-none-any.whl", "x.whl", "demo-1.0.tar.gz")))
@settings(max_examples=60, deadline=None)
def test_bytes_of_any_kind_are_refused_or_need_nothing(content: bytes, file: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / file
        path.write_bytes(content)
        report = check([path])
        assert not any(isinstance(decide(artifact, report.findings), Plan) for artifact in report.artifacts)
