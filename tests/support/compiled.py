"""Real native files, compiled by zig once a session."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from wheelcheck.platforms.arch import Glibc, find

# reallocarray came with glibc 2.26: it drags the need up
_SOURCES = {
    "plain": '#include <stdio.h>\nint main(void) { return puts("plain") < 0; }\n',
    "other": '#include <stdio.h>\nint main(void) { return puts("other") < 0; }\n',
    # PTRACE_TRACEME
    "traced": "#include <stdio.h>\n#include <sys/ptrace.h>\nint main(void) {\n"
    '  if (ptrace(0, 0, 0, 0)) { setvbuf(stderr, 0, _IONBF, 0); perror("ptrace"); return 1; }\n  return 0; }\n',
    "newer": "#define _GNU_SOURCE\n#include <stdlib.h>\nint main(void) { return !reallocarray(0, 1, 1); }\n",
}
_FLAGS = {"executable": ("-pie",), "library": ("-shared", "-fPIC"), "object": ("-c",)}


@cache
def native(arch: str, kind: str = "executable", floor: Glibc = (2, 17), source: str = "plain") -> bytes:
    """Return an ELF file of `kind` for a CPU, linked against glibc at `floor`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "x.c").write_text(_SOURCES[source])
        target = find(arch).zig_target(floor)
        argv = [sys.executable, "-m", "ziglang", "cc", "-target", target, *_FLAGS[kind], "-s", "-o", "x", "x.c"]
        subprocess.run(argv, cwd=folder, check=True)
        return (folder / "x").read_bytes()
