"""How a program or an import ended, in words, and whether the machine lacked something that the wheel may expect."""

from __future__ import annotations

from wheelcheck.builder.run import BuildError
from wheelcheck.patterns import regex
from wheelcheck.platforms.manylinux import linux_policy
from wheelcheck.platforms.tags import parse_platform
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from wheelcheck.builder.run import Outcome
    from wheelcheck.platforms.arch import Arch

_TAIL = 8  # lines of output in a result
_NOT_STARTED = (126, 127)  # statuses of shells and dynamic loaders for a program that they cannot start
_NO_MODULE = regex(r"ModuleNotFoundError: No module named '(?P<name>\w+)[\w.]*'")
_NO_LIBRARY = regex(r"(?:^|: )(?P<name>[\w.+-]+\.so[.\d]*): cannot open shared object file")
_NEEDS_MODULE = "it needs {}, which the wheel does not depend on"
_NEEDS_LIBRARY = "this machine lacks {}, which the tag of the wheel lets it expect: install the package that has it"


def how(ended: Outcome | BuildError, script: str = "") -> str:
    """Return how something ended, with the last lines of its output. A long `script` is left out of an error."""
    if isinstance(ended, BuildError):
        return last_lines(str(ended).replace(script, "…") if script else str(ended))
    said = f"exit status {ended.status}" if ended.status >= 0 else f"killed by signal {-ended.status}"
    return f"{said}: {last_lines(ended.output)}" if ended.output.strip() else said


def last_lines(text: str) -> str:
    """Return the end of a text."""
    return "\n".join(text.strip().splitlines()[-_TAIL:])


def is_broken(outcome: Outcome) -> bool:
    """Return whether a program could not run at all, rather than refused its options."""
    loader = "error while loading shared libraries" in outcome.output
    is_killed = outcome.status < 0 or outcome.status > 128  # 128 + signal, of an emulator or a shell
    return is_killed or outcome.status in _NOT_STARTED or loader or "Traceback (most recent" in outcome.output


def excuse(text: str, own: set[str], arch: Arch) -> str:
    """Return what a wheel may expect, or need not bring, and that the last line of `text` says is missing.

    That is a module of another package than those in `own`, as optional parts need, or a library of the system.
    """
    last = text.rstrip().rpartition("\n")[2]
    module, library = _NO_MODULE.fullmatch(last), _NO_LIBRARY.search(last)
    if module and module["name"] not in own:
        return _NEEDS_MODULE.format(module["name"])
    if library and library["name"] in _of_the_system(arch):
        return _NEEDS_LIBRARY.format(library["name"])
    return ""


def _of_the_system(arch: Arch) -> frozenset[str]:
    """Return the libraries that a manylinux tag of a CPU lets a wheel expect; they are the same for every floor."""
    policy = linux_policy(parse_platform(arch.manylinux_tag(max(arch.lowest_glibc, (2, 17)))))
    return policy.libraries if policy else frozenset()
