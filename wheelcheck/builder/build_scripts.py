"""What the build scripts of local crates did: the files that they must have made, and the warnings that they gave.

A build script that cannot make what it should (an eBPF object without its compiler) often warns, writes an empty file
and lets the build succeed: the program embeds nothing and fails on the machine of a user. No check of the finished
program can see that, so it is looked for where the file is made.

cargo reports each script and its OUT_DIR (`build-script-executed`), also when it did not have to run again, and keeps
what the script printed in the file `output` beside that folder.
"""

from __future__ import annotations

import re
from pathlib import Path

from wheelcheck.builder import cargo
from wheelcheck.builder.native_files import require_native
from wheelcheck.builder.run import BuildError
from wheelcheck.patterns import regex
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wheelcheck.builder.toolchain import Target
    from wheelcheck.config.builder import Output, Settings

_WARNING = regex(r"cargo::?warning=(?P<text>.*)")
# As cargo shows a warning of a local crate, never one of a crate from a registry.
_SHOWN_WARNING = regex(r"warning: (?P<package>[\w-]+)@\d\S*: (?P<text>.*)")
_BAD_NEWS = regex(
    r"""\b(?:
    stub(?:s|bed)? | placeholders? | fail(?:s|ed|ures?)? | skip(?:s|ped|ping)? | missing | empty | errors?
    | unable | cannot | can't | could\ not | couldn't | no\ such
    | not\ (?:found|built|available|installed|supported|present)
    )\b""",
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Script:
    """One run of the build script of a package. `local` packages are folders on this machine."""

    package: str
    out_dir: Path
    local: bool

    @property
    def warnings(self) -> tuple[str, ...]:
        """The warnings it gave. Raises BuildError if the file in which cargo keeps its output cannot be read."""
        output = self.out_dir.parent / "output"
        try:
            lines = output.read_text("utf-8", "replace").splitlines()
        except OSError as problem:
            subject = f"the build script of {self.package}"
            raise BuildError(subject, f"what it printed cannot be read ({problem})", "build again") from problem
        return tuple(found["text"] for line in lines if (found := _WARNING.match(line)))


def executed(messages: str, to_host: Callable[[Path], Path] = lambda path: path) -> tuple[Script, ...]:
    """Return the runs of build scripts among cargo's JSON messages; `to_host` maps a container's paths."""
    found = (one for one in cargo.parsed(messages) if one.get("reason") == "build-script-executed")
    return tuple(
        Script(cargo.package_name(one["package_id"]), to_host(Path(one["out_dir"])), cargo.is_local(one["package_id"]))
        for one in found
    )


def require_success(scripts: Iterable[Script], settings: Settings) -> None:
    """Raise BuildError for a local script that warns of a stub or a failure, unless the project accepts the warning."""
    for script in scripts:
        for warning in script.warnings if script.local else ():
            _require_no_bad_news(script.package, warning, settings)


def require_success_shown(lines: Iterable[str], settings: Settings) -> None:
    """Raise BuildError as `require_success` does, by what a cargo showed that a build backend ran."""
    for line in lines:
        if found := _SHOWN_WARNING.search(line):
            _require_no_bad_news(found["package"], found["text"], settings)


def _require_no_bad_news(package: str, warning: str, settings: Settings) -> None:
    """Raise BuildError for a warning of a stub or a failure."""
    if _BAD_NEWS.search(warning) and not any(re.search(one, warning) for one in settings.accepted_warnings):
        fix = 'fix the cause, or accept the warning: accept-warnings = ["…"] in [tool.wheelcheck.build]'
        raise BuildError(f"the build script of {package}", f"it warned: {warning}", fix)


def require_outputs(scripts: Iterable[Script], settings: Settings, target: Target) -> None:
    """Raise BuildError for a file of `[[outputs]]` that is missing or not as declared."""
    scripts = tuple(scripts)
    for output in settings.outputs:
        for script in _of(output, scripts, target):
            _require_output(output, script.out_dir, target)


def _of(output: Output, scripts: Iterable[Script], target: Target) -> list[Script]:
    """Return the runs that make an output; a crate that build scripts use too is also built for this machine."""
    found = [script for script in scripts if script.package == output.package]
    if not found:
        problem = "cargo ran no build script of this package for the payload"
        raise BuildError(_subject(output), problem, "correct the package in [[tool.wheelcheck.outputs]]")
    return [script for script in found if target.arch.rust_triple in script.out_dir.parts] or found


def _require_output(output: Output, out_dir: Path, target: Target) -> None:
    file = out_dir / output.path
    if not file.is_file():
        problem = f"the build script wrote no file {output.path} into its OUT_DIR, {out_dir}"
        raise BuildError(_subject(output), problem, "see what the build script says, or correct the path")
    require_native(_subject(output), file.read_bytes(), output.kind, target)


def _subject(output: Output) -> str:
    return f"output {output.path} of {output.package}"
