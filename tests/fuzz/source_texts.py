"""Sound texts that readers of sdists read and that the session `sdist` seldom changes, and what to put into them."""

from __future__ import annotations

SETUP_PY = """import sys
from setuptools import Extension, setup
from helper import version

module = Extension("demo._x", sources=["src/x.c", 'src/y.c'], include_dirs=["include"])
setup(name="demo", version=version(), ext_modules=[module, Extension("demo._y", ["src/z.pyx"])])
"""
C = """#ifndef X_H
#define X_H
#include "one.h"
# include <stdio.h>
#ifdef WIN
#include "two.h"
#endif
/* #include "three.h" */
int x(void) { return "\\"" [0]; }
#endif
"""
CYTHON = """# cython: language_level=3
include "common.pxi"
from . cimport one, two as three
from .sub.part cimport name
cdef extern from "x.h":
    int x()
"""
RUST = """//! demo
mod one;
#[path = "other.rs"]
mod two;
mod three { mod four; }
const T: &str = include_str!("../README.md");
/* /* nested */ mod five; */
fn main() { println!("{}", r#"mod six;"#); let _ = 'a'; let _: &'static str = ""; }
"""
PYTHON = """from __future__ import annotations
import os, sys
from .one import a, b as c
try:
    import two
except ImportError:
    two = None
if sys.platform == "win32":
    import winreg
def main(value: int = 1) -> int:
    x = [y for y in range(value)]
    return len(x)
class Thing:
    def run(self): pass
name: int = 3
"""
RST = """Demo
====

Text with ``literal`` and :doc:`link`, `a link <https://example.org>`_.

.. code-block:: python

   import demo

.. |logo| image:: x.png

- one
- two

  * three
"""
TEXTS = {"setup.py": SETUP_PY, "src/x.c": C, "src/y.pyx": CYTHON, "src/lib.rs": RUST, "demo.py": PYTHON,
         "README.rst": RST}  # fmt: skip
TOKENS = (
    '#include "', "#if", "#ifdef X", "#endif", "/*", "*/", "//", '"', "'", '"""', "'''", "\\", "\\\n", "mod x;",
    "mod {", 'r#"', 'r##"', '"#', '#[path = "x"]', "include!(", "include_bytes!(concat!(", "b'", "'a", "cimport ",
    "from . ", "from .. import *", "import a.b.c as d", "Extension(", "sources=[", "(" * 300, ")", "[", "]" * 50,
    "{" * 120, ",", "lambda: ", "async ", "f'{x!r:>{y}}'", "::", ".. raw:: html", "``", "`", ":ref:`", ".. |", "====",
    "\u2028", "\x0c", "if x:\n" * 120, "  " * 300, "not " * 500, "-" * 900, "x = " * 300, "1" * 5000, "'\\d'", "1if x:",
)  # fmt: skip
