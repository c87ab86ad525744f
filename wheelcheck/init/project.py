"""What a project says of itself: pyproject.toml, setup.cfg and setup.py, read and never executed."""

from __future__ import annotations

import configparser
import re
from functools import cached_property

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from wheelcheck.builder.run import BuildError
from wheelcheck.config.files import OWN, SHARED, ConfigError, text_of
from wheelcheck.facts import toml
from wheelcheck.init.metadata import Metadata, prepared
from wheelcheck.init.setup_script import Script, constant
from wheelcheck.patterns import regex
from wheelcheck.platforms.published import CPYTHONS
from wheelcheck.records import dataclass, field
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

SETUPTOOLS = "setuptools.build_meta"  # what pip takes where no backend is named (PEP 517)
_MINOR = regex(r"Programming Language :: Python :: 3\.(\d+)")
_FREE_THREADED = "Programming Language :: Python :: Free Threading"
_OLDEST_FREE_THREADED = 14  # the first whose build without the GIL is supported and no experiment (PEP 779)


class UnknownError(ConfigError):
    """Something that decides what a release contains, and that init cannot find out."""

    def __init__(self, place: object, what: str, fix: str) -> None:
        super().__init__(f"{place}: I do not know this: {what}; {fix}")


@dataclass(frozen=True)
class Project:
    """A folder with a pyproject.toml, a setup.cfg or a setup.py. `document` is the first, empty if there is none."""

    folder: Path
    document: dict[str, Any] = field(default_factory=dict)
    setup_cfg: dict[str, dict[str, str]] = field(default_factory=dict)
    script: Script | None = None

    @classmethod
    def read(cls, folder: Path) -> Project:
        """Read a project. Raises ConfigError where there is none, or where a file cannot be read."""
        if not any((folder / name).is_file() for name in (SHARED, OWN, "setup.py", "setup.cfg")):
            problem = f"there is no {SHARED} and no setup.py"
            raise ConfigError(f"{folder}: {problem}; run init in the folder of a Python project")
        return cls(folder, _pyproject(folder / SHARED), _setup_cfg(folder / "setup.cfg"), Script.read(folder))

    @property
    def file(self) -> Path:
        """The file that messages name: pyproject.toml, or without one setup.py."""
        return self.folder / (SHARED if (self.folder / SHARED).is_file() else "setup.py")

    @property
    def configuration(self) -> str:
        """The file that configures wheelcheck, or will configure it."""
        return OWN if (self.folder / OWN).exists() or not (self.folder / SHARED).is_file() else SHARED

    @property
    def is_configured(self) -> bool:
        """Whether the project has a configuration of wheelcheck."""
        return (self.folder / OWN).exists() or bool(self.tool("wheelcheck"))

    @property
    def backend(self) -> str:
        """The build backend as `[build-system]` names it."""
        named = toml.table(self.document, "build-system").get("build-backend", SETUPTOOLS)
        return str(named).partition(":")[0]

    def tool(self, *names: str) -> dict[str, Any]:
        """Return a table below `[tool]`; empty if there is none."""
        found = toml.table(self.document, "tool")
        for name in names:
            found = toml.table(found, name)
        return found

    def unknown(self, what: str, fix: str) -> UnknownError:
        """Return the error that says what init does not know, and how to help it."""
        return UnknownError(self.file, what, fix)

    def require_inside(self, path: Path | None, what: str, top: Path | None = None) -> None:
        """Raise UnknownError for something that a build needs and that is outside the project, or outside of `top`."""
        if path and not path.resolve().is_relative_to((top or self.folder).resolve()):
            problem = (
                f"how an sdist could contain {what} {path}, which is outside the {'repository' if top else 'project'}"
            )
            raise self.unknown(problem, "move it, or the Python project, so that one folder holds both")

    @property
    def name(self) -> str:
        """The project's name as in file names (PEP 427)."""
        return re.sub(r"[-_.]+", "_", str(self._said("name") or "")).lower()

    @property
    def oldest(self) -> int:
        """The minor version of the oldest Python that the project supports and the builder can build for."""
        supported = self._supported
        return next((minor for minor in CPYTHONS if supported.contains(f"3.{minor}.99")), CPYTHONS[0])

    @property
    def oldest_promised(self) -> int:
        """The minor version of the oldest Python that Requires-Python allows; without it, the oldest that is supported.

        A newer Python compiles for the stable ABI of an older one, so this may be one that nothing is built with.
        """
        supported = self._supported
        allowed = (minor for minor in range(CPYTHONS[-1] + 1) if supported.contains(f"3.{minor}.99"))
        return next(allowed, CPYTHONS[0]) if len(supported) else CPYTHONS[0]

    @property
    def pythons(self) -> tuple[str, ...]:
        """The interpreters and ABIs of one wheel per Python: those that are promised, released and can be built for.

        Promised are the versions in the classifiers that Requires-Python allows, or without classifiers all of those.
        """
        classifiers = self._classifiers
        named = {int(minor) for minor in _MINOR.findall(classifiers)} or set(CPYTHONS)
        minors = [one for one in CPYTHONS if one in named and self._supported.contains(f"3.{one}.99")]
        if not minors:
            what = "which Pythons to build for, because Requires-Python and the classifiers allow none that is released"
            raise self.unknown(what, f"promise one of 3.{CPYTHONS[0]} to 3.{CPYTHONS[-1]}")
        free = [one for one in minors if one >= _OLDEST_FREE_THREADED] if _FREE_THREADED in classifiers else []
        return (*(f"cp3{minor}" for minor in minors), *(f"cp3{minor}-cp3{minor}t" for minor in free))

    @property
    def supported_pythons(self) -> tuple[str, ...]:
        """The interpreters and ABIs that Requires-Python allows, with and without the GIL, as in cibuildwheel."""
        minors = [one for one in CPYTHONS if self._supported.contains(f"3.{one}.99")]
        free = [one for one in minors if one >= _OLDEST_FREE_THREADED]
        return (*(f"cp3{minor}" for minor in minors), *(f"cp3{minor}-cp3{minor}t" for minor in free))

    @property
    def _supported(self) -> SpecifierSet:
        text = str(self._said("requires-python") or "")
        try:
            return SpecifierSet(text)
        except InvalidSpecifier:
            raise self.unknown(f"what the Requires-Python {text!r} means", "correct it") from None

    @property
    def _classifiers(self) -> str:
        found = self._said("classifiers")
        return (
            found if isinstance(found, str) else "\n".join(map(str, found if isinstance(found, list | tuple) else ()))
        )

    def _said(self, key: str) -> object:
        """Return what a project says of itself, from pyproject.toml, setup.cfg or setup.py; None if nothing.

        The backend is asked only where setup.py computes it. Raises UnknownError if that does not give an answer.
        """
        table = toml.table(self.document, "project")
        if key in table:
            return table[key]
        section, option = ("options", "python_requires") if key == "requires-python" else ("metadata", key)
        if option in self.setup_cfg.get(section, {}):
            return self.setup_cfg[section][option]
        arguments = self.script.arguments if self.script else {}
        if option not in arguments and "**" not in arguments:
            return None
        literal = constant(self.script.argument(option)) if self.script else None
        return literal if literal is not None else getattr(self._metadata, key.replace("-", "_"))

    @cached_property
    def _metadata(self) -> Metadata:
        """What the backend says when it is asked (PEP 517)."""
        try:
            return prepared(self.folder)
        except BuildError as problem:
            what = f"the name and the Pythons of the project, which setup.py computes ({problem})"
            raise self.unknown(what, "write them into [project] of pyproject.toml") from problem


def _pyproject(file: Path) -> dict[str, Any]:
    """Return a pyproject.toml. Raises ConfigError for one that is not TOML, which would be read as an empty one."""
    if not file.is_file():
        return {}
    text = text_of(file)
    document = toml.parse_toml(text)
    if not document and re.search(r"^[^\S\n]*[^#\s]", text, re.MULTILINE):
        raise ConfigError(f"{file}: it is not TOML; correct it, pip cannot read it either")
    return document


def _setup_cfg(file: Path) -> dict[str, dict[str, str]]:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text_of(file) if file.exists() else "", str(file))
    except configparser.Error as problem:
        raise ConfigError(f"{file}: setuptools cannot read it: {problem}; correct it") from problem
    return {name: dict(parser[name]) for name in parser.sections()}
