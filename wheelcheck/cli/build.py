"""`wheelcheck build STEP`: one step of building a project, from a nox session or by hand.

A step prints what it made to standard output, one line each, and the commands it ran with their output to standard
error. The steps that compile need the packages of the extra `build`; their modules are imported when they run.
"""

from __future__ import annotations

import os
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from wheelcheck.builder import architectures, cargo, handover
from wheelcheck.builder.run import BuildError
from wheelcheck.builder.toolchain import host
from wheelcheck.cli.exit_codes import FAIL, PASS, UNVERIFIED, reader_may_leave, say
from wheelcheck.config.builder import load
from wheelcheck.counting import counted
from wheelcheck.credentials import without_credentials
from wheelcheck.platforms.arch import find
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from wheelcheck.builder.incremental import Incremental
    from wheelcheck.builder.pipeline import Build
    from wheelcheck.platforms.arch import Arch

    Options = argparse.Namespace
    Results = Iterable[object]


@dataclass(frozen=True, slots=True)
class _Step:
    """One row of the table of steps. `tools` are distributions that it needs and only the extra `build` installs."""

    summary: str
    run: Callable[[Options], Results]
    add_arguments: Callable[[argparse.ArgumentParser], None]
    tools: tuple[str, ...] = ("build", "ziglang")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add a subcommand for each step."""
    steps = parser.add_subparsers(required=True, metavar="STEP")
    for name, step in _STEPS.items():
        one = steps.add_parser(name, help=step.summary, description=f"{step.summary[0].upper()}{step.summary[1:]}.")
        one.add_argument("--project", type=Path, default=Path(), help="the project's folder (default: the current one)")
        step.add_arguments(one)
        one.set_defaults(run=_run, step=step)


def _run(options: Options) -> int:
    """Run a step; return 0 if it succeeds, 1 if the build cannot continue, 2 if the extra is not installed."""
    if missing := [name for name in options.step.tools if not _is_installed(name)]:
        say(f"{' and '.join(missing)} not installed in this Python: pip install 'wheelcheck[build]'")
        return UNVERIFIED
    try:
        for result in options.step.run(options):
            with reader_may_leave():
                print(result)
    except BuildError as problem:
        say(*str(problem).splitlines())
        return FAIL
    return PASS


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


# --- which CPUs ---


def _add_arch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--arch", default="", metavar="CPU", help="a CPU, or `all` for every configured one (default: this machine's)"
    )
    parser.add_argument(
        "--interpreter", default="", metavar="TAG", help="make only the wheels that one Python builds, such as cp311"
    )


def _add_every(parser: argparse.ArgumentParser) -> None:
    _add_arch(parser)
    parser.add_argument(
        "--allow-missing", action="store_true", help="with `--arch all`, skip a CPU that Rust is not installed for"
    )
    parser.set_defaults(fresh=True)


def _add_skipped(parser: argparse.ArgumentParser) -> None:
    """Add the options of a step that is skipped if it is up to date."""
    _add_every(parser)
    what = "run the step even if nothing has changed since it last succeeded, as in CI"
    parser.add_argument("--fresh", action="store_true", default=False, help=what)


def _builds(options: Options, *, compiles: bool = False) -> list[Build]:
    """Return a build for each CPU that `--arch` names.

    With `--arch all`, raises BuildError for a CPU that cannot be compiled for if the step `compiles`, unless
    `--allow-missing` skips it.
    """
    if options.allow_missing:
        architectures.require_opt_out_is_local(os.environ)
    builds = {build.target: build for build in (_build_of(options, row) for row in _rows(options))}
    if options.arch != architectures.ALL or not (compiles or options.allow_missing):
        return list(builds.values())
    settings, allowed = load(options.project), options.allow_missing
    targets = architectures.buildable(settings, builds, os.environ, _log, allow_missing=allowed)
    return [builds[target] for target in targets]


def _build_of(options: Options, row: Arch | None) -> Build:
    from wheelcheck.builder.pipeline import Build  # noqa: PLC0415  # needs the extra

    build = Build.of(options.project, row, _log)
    return build.only_by(options.interpreter) if options.interpreter else build


def _rows(options: Options) -> tuple[Arch, ...]:
    every = options.arch == architectures.ALL
    return architectures.chosen(options.arch, load(options.project).release.architectures if every else ())


def _for_each(step: Callable[[Incremental], Results], *, compiles: bool = False) -> Callable[[Options], Results]:
    """Return a step that runs for each CPU in turn."""
    return lambda options: (
        result for build in _builds(options, compiles=compiles) for result in step(_incremental(build, options))
    )


def _incremental(build: Build, options: Options) -> Incremental:
    """Return the steps of a build. In CI nothing is skipped: a restored cache is no evidence."""
    from wheelcheck.builder.incremental import Incremental  # noqa: PLC0415  # needs the extra

    return Incremental(build, options.fresh or architectures.in_ci(os.environ))


def _log(line: str) -> None:
    """Print a line of output without the credentials in any URL: pip prints those of its index."""
    print(without_credentials(line), file=sys.stderr, flush=True)


# --- the steps ---


def _add_build(parser: argparse.ArgumentParser) -> None:
    _add_skipped(parser)
    parser.add_argument(
        "--check", action="store_true", help="compile nothing: exit 0 if the staged files are up to date"
    )


def _build(options: Options) -> Results:
    step = _staged if options.check else _compiled
    return _for_each(step, compiles=not options.check)(options)


def _compiled(build: Incremental) -> Results:
    stage = build.stage()
    return [stage.file(file) for file in stage.manifest.files]


def _staged(build: Incremental) -> Results:
    manifest = build.build.staged().manifest
    return [f"fresh: {counted(len(manifest.files), 'file')} for {manifest.target} from sources {manifest.source[:12]}"]


def _sdist(options: Options) -> Results:
    return _sdist_of(_incremental(_builds(options)[0], options))  # the same for every CPU


def _sdist_of(build: Incremental) -> Results:
    if build.build.settings.builds_sdist:
        return [build.sdist()]
    return ["no sdist: the configuration releases none, and the wheels are built from a clean copy of the sources"]


def _wheels(build: Incremental) -> Results:
    return build.wheels()


def _smoke(options: Options) -> Results:
    return _tested([_incremental(build, options) for build in _builds(options)])


def _tested(builds: Sequence[Incremental]) -> Results:
    """Test the wheels of every CPU. In CI all must run; on a developer's machine, those for its own CPU must."""
    from wheelcheck.builder import smoke  # noqa: PLC0415  # needs the extra

    by_build = {steps.build: steps.smoke_results() for steps in builds}
    for build, results in by_build.items():
        only = len(builds) == 1 or build.target.arch == host()
        smoke.require_executed(results, required=only or architectures.in_ci(os.environ))
    together = [result for results in by_build.values() for result in results]
    smoke.require_executed(together)
    return [f"smoke test: {smoke.summary(together)}"]


def _add_roundtrip(parser: argparse.ArgumentParser) -> None:
    _add_every(parser)
    parser.add_argument(
        "--facts-only", action="store_true", help="accept different bytes, for a project that is not reproducible"
    )


def _roundtrip(options: Options) -> Results:
    from wheelcheck.builder import rebuild  # noqa: PLC0415  # needs the extra

    def proven(steps: Incremental) -> Results:
        results = rebuild.roundtrip(steps.build, exact=not options.facts_only)
        steps.build.prove("roundtrip")
        return results

    return _for_each(proven, compiles=True)(options)


def _reproduced(steps: Incremental) -> Results:
    from wheelcheck.builder import rebuild  # noqa: PLC0415  # needs the extra

    return [f"reproduced: {name}" for name in rebuild.reproduce(steps.build)]


def _all(options: Options) -> Iterator[object]:
    builds = [_incremental(build, options) for build in _builds(options, compiles=True)]
    for build in builds:
        yield from _compiled(build)
    yield from _sdist_of(builds[0])
    for build in builds:
        yield from build.wheels()
    yield from _tested(builds)


def _add_adopt(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(interpreter="")  # a stage holds what every Python gets
    parser.add_argument("--arch", default="", metavar="CPU", help="the CPU it was built for (default: this machine's)")
    parser.add_argument("messages", type=Path, help="what `cargo zigbuild --message-format=json` printed there")
    parser.add_argument(
        "--map", action="append", default=[], metavar="CONTAINER=HOST", help="where a container folder is here"
    )


def _adopt(options: Options) -> Results:
    build = _build_of(options, find(options.arch) if options.arch else None)
    try:
        messages = options.messages.read_text("utf-8")
    except (OSError, ValueError) as problem:
        fix = "write cargo's messages to a file"
        raise BuildError(options.messages, f"it cannot be read ({problem})", fix) from problem
    stage = build.adopt(messages, cargo.PathMap.of(options.map))
    return [stage.file(file) for file in stage.manifest.files]


def _add_cibuildwheel(parser: argparse.ArgumentParser) -> None:
    _add_arch(parser)
    parser.add_argument("--print-config", action="store_true", help="prepare everything, and print how to run it")


def _cibuildwheel(options: Options) -> Iterator[object]:
    from wheelcheck.builder import containers  # noqa: PLC0415  # needs the extra

    for row in _rows(options):
        build = _build_of(options, row)
        run = containers.prepare(build, os.environ)
        yield from run.script() if options.print_config else containers.build_wheels(build, run, os.environ)


def _add_pack(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bundle", type=Path, help="the file to write, a tar")
    parser.add_argument("patterns", nargs="*", help="what to pack, below the project (default: dist/ and manifests)")


def _pack(options: Options) -> Results:
    return handover.pack(options.project, options.bundle, *options.patterns)


def _add_unpack(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bundles", type=Path, nargs="+", help="bundles, or folders of them")


def _unpack(options: Options) -> Results:
    return handover.unpack(options.project, *options.bundles)


def _verify(options: Options) -> Results:
    from wheelcheck.builder import verify  # noqa: PLC0415  # needs the extra

    proven = options.evidence or options.predicate is not None
    return verify.verify(options.project, os.environ, *options.bundles, proven=proven, predicate=options.predicate)


def _add_verify(parser: argparse.ArgumentParser) -> None:
    what = "bundles, or folders of them, that hold wheels for other systems than Linux with glibc"
    parser.add_argument("bundles", type=Path, nargs="*", help=what)
    parser.add_argument(
        "--evidence", action="store_true", help="also refuse every file that the evidence of no job proves as it is"
    )
    parser.add_argument(
        "--predicate", type=Path, metavar="FILE", help="write what is proven there, for `actions/attest` to sign"
    )


_STEPS = {
    "build": _Step("compile the native files and stage them with their manifest", _build, _add_build),
    "sdist": _Step("build the sdist from a clean copy of the sources", _sdist, _add_skipped),
    "wheels": _Step("build the wheels from the sdist and the staged files", _for_each(_wheels), _add_skipped),
    "smoke": _Step("install the wheels outside the checkout and run their smoke tests", _smoke, _add_skipped),
    "roundtrip": _Step("build the wheels again from the sdist only, and compare them", _roundtrip, _add_roundtrip),
    "reproduce": _Step(
        "build everything twice in different folders, and name the first difference",
        _for_each(_reproduced, compiles=True),
        _add_every,
    ),
    "all": _Step("run the steps build, sdist, wheels and smoke in turn", _all, _add_skipped),
    "adopt": _Step("stage what cargo built in a container, by its JSON messages", _adopt, _add_adopt),
    "cibuildwheel": _Step(
        "build a wheel for each interpreter in containers, from the staged files", _cibuildwheel, _add_cibuildwheel
    ),
    "pack": _Step("put what another machine needs into one file", _pack, _add_pack, ()),
    "unpack": _Step("unpack what other machines packed, and verify hashes and modes", _unpack, _add_unpack, ()),
    "verify": _Step("compare the wheels in dist/ with the manifest of the stage", _verify, _add_verify, ("ziglang",)),
}
