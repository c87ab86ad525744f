"""`zig cc` at a glibc floor as the C compiler of a PEP 517 backend.

Backends call compilers by name and add this machine's folders; the scripts drop those, so that neither the host's
headers nor its newer C library reach an extension module.
"""

from __future__ import annotations

import shlex
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from wheelcheck.build import targets

if TYPE_CHECKING:
    from wheelcheck.build.targets import Target

_SCRIPT = """\
#!/bin/sh
for word do
  shift
  case $word in
    -I/usr/include | -L/usr/lib* | -L/lib* | -march=native | -mtune=native | -specs=*) continue ;;
  esac
  set -- "$@" "$word"
done
exec {program} "$@"
"""
_HEADERS = Path("/usr/include")
_PROGRAMS = {"cc": "cc -target {zig}{flags}", "c++": "c++ -target {zig}{flags}", "ar": "ar", "ranlib": "ranlib"}


def install(folder: Path, target: Target) -> dict[str, str]:
    """Write the compiler scripts for `target` into `folder` and return the variables that name them."""
    folder.mkdir(parents=True, exist_ok=True)
    flags = f" {shlex.join(nameless(folder.parent))}{_python_headers(folder)}"
    for name, words in _PROGRAMS.items():
        program = f"{shlex.quote(sys.executable)} -m ziglang {words.format(zig=target.zig, flags=flags)}"
        script = folder / name
        script.write_text(_SCRIPT.format(program=program))
        script.chmod(0o755)
    return variables(folder)


def nameless(sources: Path) -> tuple[str, ...]:
    """Return the flags that keep this machine's folders out of debug information: of the sources, of Python and zig."""
    folders = {sources: "/source", Path(sys.base_prefix): "/python", targets.zig_folder(): "/zig"}
    return tuple(f"-ffile-prefix-map={folder}={name}" for folder, name in folders.items())


def variables(folder: Path) -> dict[str, str]:
    """Return what setuptools, meson, CMake and cc-rs read to find a compiler."""
    cc, cxx, ar, ranlib = (str(folder / name) for name in _PROGRAMS)
    linkers = {"LDSHARED": f"{cc} -shared", "LDCXXSHARED": f"{cxx} -shared"}
    return {"CC": cc, "CXX": cxx, "AR": ar, "RANLIB": ranlib, **linkers}


def _python_headers(folder: Path) -> str:
    """Return the flag that lets Debian's pyconfig.h find its other half below /usr/include, and nothing else there."""
    triplet = sysconfig.get_config_var("MULTIARCH") or ""
    headers = Path(sysconfig.get_path("include"))
    half = headers.parent / triplet / headers.name
    if not triplet or headers.parent != _HEADERS or not half.is_dir():
        return ""
    link = folder / "include" / triplet / headers.name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(half)
    return f" -isystem {shlex.quote(str(folder / 'include'))}"
