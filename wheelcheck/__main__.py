"""What the command `wheelcheck` and `python -m wheelcheck` start.

The version is answered before anything is imported: tools ask for it often, and all else costs many times its time.
"""

from __future__ import annotations

import sys

from wheelcheck import __version__

_OBJECTS = 100_000  # made between two collections: imports and facts make many and leave no cycles


def main() -> int:
    """Run the command line and return the exit code."""
    if sys.argv[1:] in (["--version"], ["-V"]) and _printed(f"wheelcheck {__version__}"):
        return 0
    from wheelcheck.cli import main as run  # noqa: PLC0415  # see above

    return run()


def start() -> int:
    """Run the command line as a process of its own and end the process, unless threads are still at work.

    Python would first take apart every module and value, a seventh of a small check's time; the operating system frees
    memory at once. What registered itself for the end of the process has run before, and what is printed is out.
    """
    import gc  # noqa: PLC0415  # as above

    gc.set_threshold(_OBJECTS)
    code = main()
    if "threading" in sys.modules and sys.modules["threading"].active_count() > 1:
        return code
    import atexit  # noqa: PLC0415  # as above
    import os  # noqa: PLC0415

    atexit._run_exitfuncs()  # noqa: SLF001  # what os._exit leaves out
    try:
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
    except (OSError, ValueError):  # Python's own end says what the stream did not take
        return code
    return os._exit(code)


def _printed(line: str) -> bool:
    """Return whether the line could be written; if not, the command line says why."""
    try:
        print(line, flush=True)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(start())
