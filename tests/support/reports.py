"""Reports to render: real ones of real archives, and some made by hand for what no single archive contains."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.support.artifacts import X86_64, File, a_release, a_wheel, an_sdist, elf, macho, member, sdist, wheel
from wheelcheck.binary.model import VersionNeed
from wheelcheck.config import Config
from wheelcheck.engine import examine
from wheelcheck.platforms.wheel_tags import WheelTag
from wheelcheck.results import Gap, Report, Skip
from wheelcheck.rules import Finding

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.artifacts import Recipe
    from wheelcheck.config.fields import Severity

# Each is markup, a command or an escape for something: HTML, Markdown, XML, SARIF, a terminal, GitHub's runner.
HOSTILE = (
    "</style><script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "'\"><a href='javascript:document.title=1'>x",
    "\x1b]0;owned\x07\x1b[2J",
    "a\n::error file=x::owned\r\n::set-output name=x::y",
    "::add-mask::e",
    "##[error]owned",
    "%0A::error::owned",
    "x|y `z` **b** [a](https://owned.example) @all #1 https://owned.example www.owned.example",
    "\u202egnp.exe \u2028 \ufeff",
    "{0} {{1}}",
    "]]> --> <!-- &amp; &#60;",
    "\ud800 \ufffe \x00",
)
MISSING_WHEEL = WheelTag("cp312", "cp312", "manylinux_2_17_x86_64")
PRESENT_WHEEL = WheelTag("cp311", "cp311", "manylinux_2_17_x86_64")
EXPECTED = Config(wheels=(PRESENT_WHEEL, MISSING_WHEEL), sdist=True)


def finding(artifact: str = "", path: str = "", message: str = "found x", **other: Any) -> Finding:
    """Return a finding, of WC301 by default."""
    values: dict[str, Any] = {"code": "WC301", "name": "binaries-are-for-the-cpu", "severity": "error"} | other
    return Finding(artifact=artifact, path=path, message=message, **values)


def many(count: int, severity: Severity = "note", artifact: str = "a.whl", message: str = "x") -> tuple[Finding, ...]:
    """Return this many findings, each in a member of its own and with a cause of its own."""
    return tuple(finding(artifact, f"member-{at:06}", f"{message} {at}", severity=severity) for at in range(count))


def hostile() -> Report:
    """Return a report in which every text that can come from an archive or a file name is hostile."""
    texts = [f"{number} {text}" for number, text in enumerate(HOSTILE)] + list(HOSTILE)
    natives = [member(text, elf("x86_64", needed=(text,))) for text in texts]
    named = wheel(X86_64, *natives, sha256="0" * 64)
    strange = [finding(text, text, text, severity="warning") for text in texts]
    ours = [finding(named.file, text, text) for text in texts]
    return Report(
        (named,),
        tuple(sorted([*ours, *strange], key=lambda found: found.artifact)),
        tuple(Gap(text, text, text) for text in texts),
        ("WC301",),
        (Skip("WC310", texts[0]),),
        ignored=tuple((found, found.message) for found in strange),
    )


def every_mark() -> Report:
    """Return a report whose grid holds every mark: sound, warnings, errors, missing, unexpected, not verified."""
    tags = {cpu: f"cp311-cp311-{cpu}" for cpu in ("manylinux_2_17_aarch64", "macosx_11_0_arm64", "win_amd64", "win32")}
    library = elf("x86_64", versions=(VersionNeed("libc.so.6", "GLIBC_2.34"),), needed=("libc.so.6",))
    good = wheel(X86_64, member("demo/x.so", library), sha256="1" * 64)
    dylib = member("demo/y.so", macho("aarch64", minimum_os=(11, 0, 0)))
    wheels = [wheel(tag, dylib, sha256="2" * 64) for tag in tags.values()]
    expected = [PRESENT_WHEEL, MISSING_WHEEL, *(WheelTag("cp311", "cp311", cpu) for cpu in tags if cpu != "win32")]
    broken, risky, unread, extra = (made.file for made in wheels)
    findings = (
        finding(message=f"missing: {MISSING_WHEEL}", code="WC701"),
        finding(broken, "demo/y.so", "found aarch64, expected x86_64"),
        finding(extra, "", "the configuration declares no such wheel", code="WC702"),
        finding(risky, "demo/y.so", "found a risk", severity="warning", code="WC306"),
    )
    return Report(
        (good, *wheels, replace(sdist(), sha256="3" * 64)),
        tuple(sorted(findings, key=lambda found: found.artifact)),
        (Gap(unread, "demo/y.so", "a cap was reached"),),
        ("WC301", "WC306", "WC601", "WC701", "WC702"),
        (Skip("WC310", "the configuration declares no payload"),),
        Config(wheels=tuple(expected), sdist=True),
    )


def examined(recipe: Recipe, folder: Path, config: Config | None = None) -> Report:
    """Write what the recipe describes and return the gate's report of it."""
    return examine([recipe.write(folder)], config)


def real(folder: Path) -> Report:
    """Return the gate's report of a small release with a hole, a stub and an sdist that carries an executable."""
    stub = File("demo/native.so", b"\x7fELF")
    recipe = a_release(a_wheel(X86_64, File("demo/__init__.py"), stub), an_sdist(File("demo/tool", b"\x7fELF" * 9)))
    return examined(recipe, folder, EXPECTED)
