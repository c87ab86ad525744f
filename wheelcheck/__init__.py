"""The release gate and builder for Python packages that ship native binaries.

`check` is the public API, beside the command line; `check_artifact` and `merge` do the same in two steps, which may run
on different machines. They, the fields and methods of the Report it returns, the rule codes,
the exit codes and the schema of the JSON report are stable within a major version. Everything else may change.
"""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers take it for typing's, which would cost more than a whole `--version`
if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike

    from wheelcheck.report.public import Report
    from wheelcheck.summary import ArtifactSummary

__all__ = ["__version__", "check", "check_artifact", "merge"]
__version__ = "0.1.0"


def check(
    paths: str | PathLike[str] | Iterable[str | PathLike[str]],
    config: str | PathLike[str] | None = None,
    *,
    strict: bool = False,
    jobs: int = 1,
) -> Report:
    """Judge wheels, sdists and folders of them as one release, as `wheelcheck check` does.

    `config` is a wheelcheck.toml or a TOML file with `[tool.wheelcheck]`. None is looked for: without `config`, no
    particular set of wheels is expected. `strict` makes an error of every warning, as `strict = true` there does.
    `jobs` is how many processes judge the artifacts; one is this one, and the report is the same for any number.
    The report's `verdict` is "pass", "fail" or "unverified"; `findings` and `gaps` say why, and `to_json()`,
    `to_html()` and `to_sarif()` return it as text. Bad content never raises, and nothing is printed. Raises
    wheelcheck.config.ConfigError for a configuration that cannot be used, ValueError for an empty path
    and for `jobs` below 1.
    """
    from os import PathLike  # noqa: PLC0415  # `import wheelcheck` stays light
    from pathlib import Path  # noqa: PLC0415

    from wheelcheck.config import Config, load  # noqa: PLC0415
    from wheelcheck.engine import examine  # noqa: PLC0415
    from wheelcheck.processes import in_processes  # noqa: PLC0415
    from wheelcheck.records import replace  # noqa: PLC0415  # `import wheelcheck` stays light
    from wheelcheck.report.public import Report  # noqa: PLC0415

    given = [paths] if isinstance(paths, (str, PathLike)) else list(paths)
    if "" in given:  # a variable that was never set, and Path would take it for the current folder
        raise ValueError("found an empty path, expected a file or a folder")
    if jobs < 1:
        raise ValueError(f"found jobs={jobs}, expected at least 1")
    expected = load(Path(config), required=True, judging=True) if config is not None else Config()
    expected = replace(expected, strict=True) if strict else expected
    return Report.of(examine([Path(path) for path in given], expected, judge_all=in_processes(jobs)))


def check_artifact(path: str | PathLike[str]) -> ArtifactSummary:
    """Judge one wheel or sdist by itself; `merge` makes a report of a release from several.

    The summary holds `verdict`, `findings` and `gaps`, and what the rules about a release need: names, tags, hashes,
    metadata and native files. It can be pickled, and is then a few kilobytes for an ordinary wheel; read only pickles
    that you trust. Bad content never raises; a file that cannot be read is a gap.
    """
    from pathlib import Path  # noqa: PLC0415  # `import wheelcheck` stays light

    from wheelcheck.summary import summarise  # noqa: PLC0415

    return summarise(Path(path))


def merge(summaries: Iterable[ArtifactSummary], config: str | PathLike[str] | None = None) -> Report:
    """Judge a release by the summaries of its artifacts, in any order, as `check` judges its files.

    `config` is that of `check`. The artifacts of the report lack what only their own rules read, such as symbols.
    Raises wheelcheck.config.ConfigError for a configuration that cannot be used.
    """
    from pathlib import Path  # noqa: PLC0415  # `import wheelcheck` stays light

    from wheelcheck import engine  # noqa: PLC0415
    from wheelcheck.config import Config, load  # noqa: PLC0415
    from wheelcheck.report.public import Report  # noqa: PLC0415

    return Report.of(
        engine.merge(summaries, load(Path(config), required=True, judging=True) if config is not None else Config())
    )
