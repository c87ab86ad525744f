"""Keeps the builder's own machine out of the code: it must run on every CPU of the target, with pages of any size.

`target-cpu=native` and `-march=native` compile for the CPU of the machine that builds. On an older one the program
ends in "Illegal instruction", and no file says so. jemalloc is compiled for one size of pages, by default that of the
machine that builds, and ends a program where pages are larger: "<jemalloc>: Unsupported system page size".
"""

from __future__ import annotations

from pathlib import Path

from wheelcheck.builder.run import BuildError
from wheelcheck.facts.toml import parse_toml, table
from wheelcheck.patterns import regex
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wheelcheck.builder.toolchain import Target

_NATIVE = regex(r"target-cpu=native|-m(?:arch|cpu)=native")
_RUST_FLAGS = regex(r"(?:CARGO_(?:BUILD_|ENCODED_|TARGET_\w+_))?RUSTFLAGS")
_C_FLAGS = regex(r"(?:TARGET_)?(?:CFLAGS|CXXFLAGS|CPPFLAGS)(?:_.+)?")
_SMALLEST_PAGE = 0x1000


def page_variables(target: Target) -> dict[str, str]:
    """Return the variable by which jemalloc-sys and tikv-jemalloc-sys allow for the largest pages of the target's CPU.

    It is the logarithm of their size. Where all kernels have pages of 4 KiB, nothing needs to be said.
    """
    page = target.arch.largest_page
    return {"JEMALLOC_SYS_WITH_LG_PAGE": str(page.bit_length() - 1)} if page > _SMALLEST_PAGE else {}


def require_no_native_cpu(env: Mapping[str, str], folder: Path, target: Target, *, c_flags: bool = True) -> None:
    """Raise BuildError for flags that compile for the CPU of this machine.

    They are looked for in the variables of `env` and in the configuration that a cargo started in `folder` reads.
    `c_flags` is false where the C compiler drops such a flag by itself, as the scripts of `compilers` do.
    """
    for name, value in env.items():
        is_read = _RUST_FLAGS.fullmatch(name) or (c_flags and _C_FLAGS.fullmatch(name))
        if is_read and (found := _NATIVE.search(value)):
            raise _refused(name, found[0])
    for file in _cargo_configurations(folder, env):
        for key, flags in _flags(parse_toml(file.read_text("utf-8", "replace")), target):
            if found := _NATIVE.search(flags):
                raise _refused(f"{file}, {key}", found[0])


def _refused(where: str, flag: str) -> BuildError:
    problem = f"{flag} makes code that ends in an illegal instruction on older CPUs, which the wheel's tag promises"
    return BuildError(where, problem, "remove it, or choose faster code at run time")


def _cargo_configurations(folder: Path, env: Mapping[str, str]) -> Iterator[Path]:
    """Yield the files of cargo's configuration: those of a folder and of all above it, and that in CARGO_HOME."""
    homes = [above / ".cargo" for above in (folder, *folder.parents)]
    homes.append(Path(env.get("CARGO_HOME") or Path(env.get("HOME", "/root"), ".cargo")))
    for home in dict.fromkeys(homes):
        files = (home / name for name in ("config", "config.toml"))
        yield from (file for file in files if file.is_file())


def _flags(config: dict[str, Any], target: Target) -> Iterator[tuple[str, str]]:
    """Yield the flags of a cargo configuration that count for a target, each with its key; a list as one text."""
    yield "build.rustflags", str(table(config, "build").get("rustflags", ""))
    for name, settings in table(config, "target").items():
        if name.startswith("cfg(") or name == target.arch.rust_triple:
            yield f"target.{name}.rustflags", str(table({name: settings}, name).get("rustflags", ""))
    for name, value in table(config, "env").items():
        if _C_FLAGS.fullmatch(name):
            yield f"env.{name}", str(value)
