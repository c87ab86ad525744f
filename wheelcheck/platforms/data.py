"""Reads the tables that ship as JSON beside the modules of this package.

`importlib.resources` does the same at the cost of thirty modules; it is a tenth of a small wheel's check.
"""

from __future__ import annotations

import json
import os
from typing import Any


def load(name: str) -> Any:  # noqa: ANN401  # what is in the file
    """Return the content of a JSON file of this folder, also where the package is imported from a zip."""
    loader: Any = __spec__.loader
    return json.loads(loader.get_data(os.path.join(os.path.dirname(__file__), name)))  # noqa: PTH118, PTH120
