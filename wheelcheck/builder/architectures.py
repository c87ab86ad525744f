"""Which CPUs a step is for: this machine's, a named one, or every CPU in the configuration.

A configured CPU that cannot be built for is an error that says what to install. `--allow-missing` skips it, but not in
CI, where a release must be complete.
"""

from __future__ import annotations

from wheelcheck.builder import cargo
from wheelcheck.builder.run import BuildError
from wheelcheck.builder.toolchain import host
from wheelcheck.config import ConfigError
from wheelcheck.platforms.arch import find
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wheelcheck.builder.run import Log
    from wheelcheck.builder.toolchain import Target
    from wheelcheck.config.builder import Settings
    from wheelcheck.platforms.arch import Arch

ALL = "all"


def chosen(word: str, configured: Iterable[str]) -> tuple[Arch, ...]:
    """Return the CPUs that `word` means: a name or alias, `all` for every configured CPU, "" for this machine's.

    Raises UnknownArchitectureError.
    """
    if word != ALL:
        return (find(word) if word else host(),)
    return tuple(find(name) for name in configured) or (host(),)


def in_ci(base: Mapping[str, str]) -> bool:
    """Return whether this runs in CI, where everything that is configured is required."""
    return base.get("CI", "").lower() not in ("", "0", "false")


def require_opt_out_is_local(base: Mapping[str, str]) -> None:
    """Raise ConfigError in CI, where a skipped CPU would leave a hole in the release."""
    if in_ci(base):
        raise ConfigError("--allow-missing is refused in CI: every configured CPU is required there")


def why_not_buildable(settings: Settings, target: Target, base: Mapping[str, str]) -> str:
    """Return what stops this machine from building for `target` and how to fix it; empty if nothing does."""
    try:
        for run in cargo.runs(settings, target):
            cargo.possible_command(run, settings, target, base)
    except BuildError as problem:
        return str(problem)
    return ""


def buildable(
    settings: Settings, targets: Iterable[Target], base: Mapping[str, str], log: Log, *, allow_missing: bool
) -> tuple[Target, ...]:
    """Return the targets this machine can build for. Any other is an error, or logged and skipped if `allow_missing`.

    Raises BuildError, also if no target is left.
    """
    reasons = {target: why_not_buildable(settings, target, base) for target in targets}
    missing = {target.arch.name: why for target, why in reasons.items() if why}
    possible = tuple(target for target, why in reasons.items() if not why)
    if missing and not (allow_missing and possible):
        why_not = "; ".join(f"{name}: {why}" for name, why in missing.items())
        fix = "install what is missing; outside CI, --allow-missing skips these CPUs"
        raise BuildError("--arch all", f"not every configured CPU can be built here: {why_not}", fix)
    for name, why in missing.items():
        log(f"skip: {name}: {why}")
    return possible
