"""Which package index is asked: the one that is named, that the user's pip or uv is set to, or else pip's own default.

The address of the default is pip's and not ours to write down. It is read from the source of the pip of this Python, or
of the one that its `ensurepip` bundles.
"""

from __future__ import annotations

import configparser
import os
import re
import sys
import sysconfig
import zipfile
from importlib.util import find_spec
from pathlib import Path

from wheelcheck.patterns import regex
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_VARIABLES = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL")
_OPTION = "index-url"
_DECLARATION = "pip/_internal/models/index.py"
_DEFAULT = regex(r'^PyPI = PackageIndex\(\s*"(https://[^"]+)"', re.MULTILINE)


def index_address(environment: Mapping[str, str]) -> str:
    """Return the address of the simple index that this user installs from; empty text if nothing names one.

    An index of uv may have a name, as in `NAME=URL`. Further indexes (PIP_EXTRA_INDEX_URL) are not asked: a release is
    checked as one index lists it.
    """
    for name in _VARIABLES:
        if value := environment.get(name, "").strip():
            label, equals, address = value.partition("=")
            return address if equals and label.replace("-", "").replace("_", "").isalnum() else value
    return next(_configured(environment), "") or next(_defaults(), "")


def _configured(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield the addresses in pip's configuration files, the one that counts first."""
    for file in _files(environment):
        parser = configparser.RawConfigParser()
        try:
            parser.read(file, "utf-8")
        except (configparser.Error, OSError, ValueError):
            continue  # pip itself reports a broken file
        for section in ("download", "install", "global"):
            if address := parser.get(section, _OPTION, fallback="").strip():
                yield address


def _files(environment: Mapping[str, str]) -> Iterator[Path]:
    """Yield where pip looks for its configuration, what counts most first."""
    name = "pip.ini" if os.name == "nt" else "pip.conf"
    if given := environment.get("PIP_CONFIG_FILE"):
        yield Path(given)
        if given == os.devnull:
            return
    yield Path(sys.prefix) / name
    home = Path(environment.get("HOME") or environment.get("USERPROFILE") or os.sep)
    if os.name == "nt":
        yield Path(environment.get("APPDATA") or home) / "pip" / name
        yield Path(environment.get("PROGRAMDATA") or home) / "pip" / name
        return
    if sys.platform == "darwin":
        yield home / "Library" / "Application Support" / "pip" / name
    yield Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / name
    yield home / ".pip" / name
    yield from (Path(folder) / name for folder in ("/etc/xdg/pip", "/etc"))


def _defaults() -> Iterator[str]:
    """Yield the default index of the pip at hand."""
    for source in _sources():
        if found := _DEFAULT.search(source):
            yield f"{found[1].rstrip('/')}/simple/"


def _sources() -> Iterator[str]:
    """Yield the text of the module in which pip declares its default, of an installed pip first."""
    spec = find_spec("pip")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        file = Path(folder).parent / _DECLARATION
        if file.is_file():
            yield file.read_text("utf-8")
    for wheel in _bundled():
        with zipfile.ZipFile(wheel) as archive:
            if _DECLARATION in archive.namelist():
                yield archive.read(_DECLARATION).decode()


def _bundled() -> Iterator[Path]:
    """Yield the wheels of pip that come with this Python; Debian keeps them in a folder of their own."""
    folders = [Path(str(sysconfig.get_config_var("WHEEL_PKG_DIR") or "/usr/share/python-wheels"))]
    spec = find_spec("ensurepip")
    if spec and spec.origin:
        folders.insert(0, Path(spec.origin).parent / "_bundled")
    for folder in folders:
        yield from sorted(folder.glob("pip-*.whl"))
