"""WC208: the index accepts the wheel, and installers ask for it."""

from __future__ import annotations

from wheelcheck.facts import Wheel
from wheelcheck.facts.fit import without_readable_tags
from wheelcheck.platforms.published import is_asked_for, is_looked_for, is_taken_by_pypi
from wheelcheck.rules import Hit, rule
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.platforms.tags import Platform

_WASM = ("pyodide", "emscripten")


@rule("WC208", on=Wheel, needs=without_readable_tags)
def every_tag_can_be_published_and_installed(wheel: Wheel) -> Iterator[Hit]:
    """Each platform tag is one that PyPI accepts and installers ask for; interpreter and ABI tags belong together.

    PyPI has a list of platform tags and refuses a file with any other. Not on it are linux_x86_64 and similar tags,
    which promise nothing about the C library, systems such as FreeBSD and Solaris, CPUs such as loongarch64,
    manylinux1_aarch64 (a manylinux older than the CPU), and pyodide and emscripten, whose wheels for PyPI are tagged
    pyemscripten. What PyPI accepts may still be a tag that no installer asks for: manylinux_2_5_aarch64,
    musllinux_2_0_x86_64, macosx_10_9_arm64, and macosx_12_3_arm64, because from macOS 11 on installers ask for
    `macosx_N_0` only. PyPI does not look at interpreter and ABI tags: nobody is ever offered cp315t-abi3t (it is
    cp315-abi3t), cp312-cp311, py3-abi3, py4-none or, on the platform `any`, an
    ABI other than none. Nor does uv take a tag that is not in small letters (manylinux_2_17_X86_64), which pip and PyPI
    take. All of these are errors, because a file with such a tag is refused or lies
    on the index unused; none of 356 wheels measured has one.

    Source: PEP 425, 600, 656, 730, 738, 783; PyPI's list (warehouse, forklift/legacy.py, August 2026); `packaging.tags`
    (cpython_tags, mac_platforms, _manylinux, _musllinux).
    Remedy: on Linux cibuildwheel, `auditwheel repair` or `maturin build --zig`, on macOS MACOSX_DEPLOYMENT_TARGET=12.0,
    for a tag that is wrong `wheel tags`. For an index of your own that accepts the tag, ignore this code with a reason.
    """
    for platform in wheel.platforms:
        if problem := _problem(platform):
            yield Hit("", f"found platform tag {platform.tag}, {problem}")
    tags = "-".join(wheel.file.removesuffix(".whl").rsplit("-", 3)[1:])
    if tags != tags.lower():
        yield Hit("", f"found the tags {tags}, expected {tags.lower()}: uv does not know tags with capital letters")
    abis = sorted({tag.abi for tag in wheel.name.tags if tag.platform == "any"})
    if abis and "none" not in abis:
        yield Hit("", f"found ABI tag {'.'.join(abis)} with platform tag any, expected none: no installer asks for it")
    yield from _interpreter_hits(wheel)


def _problem(platform: Platform) -> str:
    """Say why nobody publishes or installs a wheel with this tag; empty text where both are possible."""
    if platform.family == "macosx" and platform.floor >= (11,) and platform.floor[1:] != (0,):
        return "expected macosx_N_0: no installer looks for a minor version"
    if not is_taken_by_pypi(platform):
        return _refusal(platform)
    return "" if is_looked_for(platform) else "expected one that an installer looks for"


def _refusal(platform: Platform) -> str:
    """Say what PyPI accepts in place of a tag that it refuses."""
    if platform.family == "linux":
        return "expected manylinux or musllinux: PyPI refuses it"
    if platform.family in _WASM:
        return "expected pyemscripten_YEAR_N_wasm32: PyPI refuses it"
    if platform.system == "other":
        return "expected a platform that PyPI accepts"
    if platform.family == "macosx" and platform.arches:
        return "expected a version and a CPU of macOS that PyPI accepts"
    return f"expected one for a CPU whose {platform.family} wheels PyPI accepts"


def _interpreter_hits(wheel: Wheel) -> Iterator[Hit]:
    """Yield the interpreter tags, or else the ABI tags, of which no combination is one that an interpreter asks for."""
    pairs = {(tag.python, tag.abi) for tag in wheel.name.tags}
    asked = {pair for pair in pairs if is_asked_for(*pair)}
    abis = sorted({abi for _, abi in pairs})
    lost = sorted({python for python, _ in pairs} - {python for python, _ in asked})
    if lost:
        tags = ", ".join(f"{python}-{'.'.join(abis)}" for python in lost)
        yield Hit("", f"no Python asks for {tags}: correct the tag, or leave it out of the set")
    else:
        for abi in sorted(set(abis) - {abi for _, abi in asked}):
            yield Hit("", f"found ABI tag {abi}, expected that of an interpreter in the file name")
