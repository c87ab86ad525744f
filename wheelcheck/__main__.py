"""`python -m wheelcheck`."""

from __future__ import annotations

import sys

from wheelcheck.cli import main

if __name__ == "__main__":
    sys.exit(main())
