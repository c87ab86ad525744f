"""The git repository around a project: where GitHub looks for workflows, and what a checkout of it needs."""

from __future__ import annotations

import re
import shutil
import subprocess

from wheelcheck.facts import toml
from wheelcheck.patterns import regex
from wheelcheck.platforms.usual import is_version
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.init.project import Project

_LIMIT = 20.0  # seconds for a question to git
_TAG = regex(r"([\w./@-]*?)(\d+\.\d[\w.+-]*)")
# Words of packages and settings that take the version from git's tags.
_VERSIONED_BY_GIT = (
    "dunamai", "hatch-vcs", "poetry-dynamic-versioning", "setuptools-git-versioning", "setuptools-scm",
    "setuptools_git_versioning", "setuptools_scm", "vcs-versioning", "versioneer", "versioningit",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Repository:
    """`folder` is the project's place below `top`, "." at the root; `branch` is the default branch.

    `tags` is what the tags of its releases begin with, before the version. `history`: the version comes from git's
    tags, so a checkout of the last commit alone gives a wrong one. `lfs`: some files are in Git LFS, and a checkout
    without it holds pointers in their place.
    """

    top: Path
    folder: str = "."
    branch: str = "main"
    submodules: bool = False
    history: bool = False
    lfs: bool = False
    tags: str = "v"

    @classmethod
    def around(cls, project: Project) -> Repository:
        """Return the repository that contains a project; without git, the project's folder as one."""
        folder, top = project.folder, top_of(project.folder)
        place = folder.relative_to(top).as_posix()
        has_submodules = (top / ".gitmodules").is_file()
        history, lfs = _is_versioned_by_git(project), _uses_lfs(top, folder)
        name = str(toml.table(project.document, "project").get("name", ""))
        return cls(top, place, _branch(top), has_submodules, history, lfs, _tags(top, name))


def top_of(folder: Path) -> Path:
    """Return the root of the git repository that a folder is in; without git, the folder."""
    return next((one for one in (folder, *folder.parents) if (one / ".git").exists()), folder)


def _is_versioned_by_git(project: Project) -> bool:
    requires = toml.texts(toml.table(project.document, "build-system"), "requires")
    asked = " ".join(requires).lower()
    in_script = project.script is not None and "use_scm_version" in project.script.arguments
    pdm = toml.table(project.tool("pdm"), "version").get("source") == "scm"
    return in_script or pdm or any(word in asked for word in _VERSIONED_BY_GIT)


def _uses_lfs(top: Path, folder: Path) -> bool:
    """Return whether a .gitattributes gives files to Git LFS: one that git tracks, or above the project."""
    tracked = [top / name for name in _git(top, "ls-files", "-z", "*.gitattributes").split("\0") if name]
    above = [one / ".gitattributes" for one in (folder, *folder.parents) if one.is_relative_to(top)]
    texts = (file.read_text("utf-8", "replace") for file in (*above, *tracked) if file.is_file())
    return any(re.search(r"^[^#\n]+\sfilter=lfs(\s|$)", text, re.MULTILINE) for text in texts)


def _branch(top: Path) -> str:
    """Return the default branch: the remote's, else the one that is checked out, else main."""
    for name in ("refs/remotes/origin/HEAD", "HEAD"):
        if found := _git(top, "symbolic-ref", "--short", "-q", name):
            return found.removeprefix("origin/")
    return "main"


def _tags(top: Path, name: str) -> str:
    """Return what comes before the version in the newest tag of a version, "v" if there is none.

    Where a repository has tags for several packages, those count that name Python or the project (`py-v1.2`).
    """
    names = _git(top, "tag", "--sort=-creatordate").splitlines()
    found = dict.fromkeys(match[1] for one in names if (match := _TAG.fullmatch(one)) and is_version(match[2]))
    parts = {one: _words(re.sub(r"[-_./@]*v?$", "", one)) for one in found}
    own = (one for one in found if {"py", "python"} & {*parts[one]} or parts[one] == _words(name))
    return next(own, next(iter(found), "v"))


def _words(name: str) -> list[str]:
    return re.split(r"[-_./@]+", name.lower())


def _git(top: Path, *words: str) -> str:
    git = shutil.which("git")
    if git is None or not (top / ".git").exists():
        return ""
    command = [git, "-C", str(top), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_LIMIT)  # noqa: S603
    return done.stdout.strip() if done.returncode == 0 else ""
