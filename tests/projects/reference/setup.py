"""The extension module; everything else is said in pyproject.toml."""

from __future__ import annotations

from setuptools import Extension, setup

setup(
    ext_modules=[Extension("reference._machine", ["src/reference/_machine.c"], py_limited_api=True)],
    options={"bdist_wheel": {"py_limited_api": "cp310"}},
)
