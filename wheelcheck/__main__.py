"""What the command `wheelcheck` and `python -m wheelcheck` start.

The version is answered before anything is imported: tools ask for it often, and all else costs many times its time.
"""

from __future__ import annotations

import sys

from wheelcheck import __version__


def main() -> int:
    """Run the command line and return the exit code."""
    if sys.argv[1:] in (["--version"], ["-V"]) and _printed(f"wheelcheck {__version__}"):
        return 0
    from wheelcheck.cli import main as run  # noqa: PLC0415  # see above

    return run()


def _printed(line: str) -> bool:
    """Return whether the line could be written; if not, the command line says why."""
    try:
        print(line, flush=True)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
