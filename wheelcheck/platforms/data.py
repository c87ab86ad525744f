"""Reads the tables that ship as JSON beside the modules of this package.

`importlib.resources` does the same at the cost of thirty modules, a tenth of a small wheel's check, and the package
`json` compiles expressions for what these tables do not have.
"""

from __future__ import annotations

import os

from wheelcheck.typed import Any

try:
    from _json import make_scanner  # what `json` reads with
except ImportError:  # PyPy
    make_scanner = None  # type: ignore[assignment,misc]


class _Plain:
    """How values are read: as `json.loads` does unless it is told otherwise."""

    strict = True
    object_hook = object_pairs_hook = None
    parse_float, parse_int, parse_constant = float, int, None
    memo: dict[str, str] = {}  # noqa: RUF012  # of keys, which the scanner fills


def load(name: str) -> Any:  # noqa: ANN401  # what is in the file
    """Return the content of a JSON file of this folder, also where the package is imported from a zip."""
    loader: Any = __spec__.loader
    return parsed(loader.get_data(os.path.join(os.path.dirname(__file__), name)))  # noqa: PTH118, PTH120


def parsed(content: bytes) -> Any:  # noqa: ANN401  # as above
    """Return what a sound JSON text without blanks around it says."""
    if make_scanner is None:
        import json  # noqa: PLC0415  # slow to import

        return json.loads(content)
    scan: Any = make_scanner
    return scan(_Plain)(content.decode(), 0)[0]
