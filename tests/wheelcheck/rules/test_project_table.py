"""WC629: what every build backend refuses in [project], each beside a table that it takes."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import File, SdistRecipe, an_sdist
from tests.support.twins import Silent, Twins

if TYPE_CHECKING:
    from pathlib import Path

PYPROJECT = "demo-1.0/pyproject.toml"
SETUPTOOLS = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
BY = '[build-system]\nrequires = ["x"]\nbuild-backend = "{}"\n[project]\n'
SOUND = 'name = "demo"\nversion = "1.0"\n'
# sentence, the table that is refused, one that is not, and what is found
TABLES = [
    ("no name", 'version = "1.0"\n', SOUND, "no name"),
    ("no version", 'name = "demo"\n', 'name = "demo"\ndynamic = ["version"]\n', "no version, given or in dynamic"),
    ("a name that is a number", SOUND.replace('"demo"', "5"), SOUND, "name 5, expected that of a project"),
    ("a name with a space", SOUND.replace("demo", "de mo"), SOUND.replace("demo", "De.mo"), "name 'de mo'"),
    ("a name that ends in a hyphen", SOUND.replace("demo", "demo-"), SOUND.replace("demo", "d-emo"), "name 'demo-'"),
    ("a version that is none", SOUND.replace("1.0", "x.y"), SOUND.replace("1.0", "1.0-rc.1"), "version 'x.y'"),
    ("a version that is a number", SOUND.replace('"1.0"', "1.0"), SOUND, "version 1.0, expected a version"),
    (
        "a version that is given and dynamic",
        f'{SOUND}dynamic = ["version"]\n',
        f'{SOUND}dynamic = ["readme"]\n',
        "a version that is given and in dynamic as well",
    ),
    ("a dynamic name", f'{SOUND}dynamic = ["name"]\n', f"{SOUND}dynamic = []\n", "name in dynamic"),
    ("dynamic as text", f'{SOUND}dynamic = "readme"\n', f'{SOUND}dynamic = ["readme"]\n', "no list of fields"),
    (
        "a Python that is none",
        f'{SOUND}requires-python = "3.8+"\n',
        f'{SOUND}requires-python = ">=3.8, <4"\n',
        "requires-python '3.8+', expected a version specifier",
    ),
    (
        "a Python that is a number",
        f"{SOUND}requires-python = 3.8\n",
        f'{SOUND}requires-python = "~=3.8"\n',
        "requires-python 3.8, expected a version specifier",
    ),
    (
        "a requirement that is none",
        f'{SOUND}dependencies = ["a", "b>>1"]\n',
        f'{SOUND}dependencies = ["a", "b[x]>1; os_name == \'nt\'"]\n',
        "the invalid requirement 'b>>1' in dependencies",
    ),
    ("requirements as text", f'{SOUND}dependencies = "a"\n', f"{SOUND}dependencies = []\n", "no list of requirements"),
    ("requirements as a table", f'{SOUND}dependencies = {{a = "1"}}\n', SOUND, "no list of requirements"),
    ("a number as a requirement", f"{SOUND}dependencies = [1]\n", SOUND, "the invalid requirement 1 in dependencies"),
    (
        "a requirement of an extra that is none",
        f'{SOUND}optional-dependencies = {{x = ["b c"]}}\n',
        f'{SOUND}optional-dependencies = {{x = ["b"]}}\n',
        "the invalid requirement 'b c' in optional-dependencies.x",
    ),
    (
        "the requirements of an extra as text",
        f'{SOUND}optional-dependencies = {{x = "b"}}\n',
        f"{SOUND}optional-dependencies = {{x = []}}\n",
        "optional-dependencies.x that is no list",
    ),
    ("extras as a list", f'{SOUND}optional-dependencies = ["b"]\n', SOUND, "optional-dependencies that are no table"),
]
NOT_JUDGED = {
    "no [project] at all": SETUPTOOLS,
    "a backend that nobody tried": '[build-system]\nrequires = ["x"]\nbuild-backend = "x"\n[project]\nname = 5\n',
    "a backend of the project itself": '[build-system]\nrequires = []\nbuild-backend = "setuptools"\n'
    'backend-path = ["."]\n[project]\nname = 5\n',
    "a setuptools that does not read the table": SETUPTOOLS.replace('setuptools"]', 'setuptools<61"]')
    + '[project]\nrequires-python = ">=3.8"\n',
    "a poetry-core that does not read the table": '[build-system]\nrequires = ["poetry-core>=1,<2"]\n'
    'build-backend = "poetry.core.masonry.api"\n[project]\nrequires-python = ">=3.8"\n',
    "the backend before pdm.backend": '[build-system]\nrequires = ["pdm-pep517"]\n'
    'build-backend = "pdm.pep517.api"\n[project]\nname = "demo"\n',
    "a version that poetry has elsewhere": '[build-system]\nrequires = ["poetry-core"]\n'
    'build-backend = "poetry.core.masonry.api"\n[project]\nname = "demo"\n',
}


def built(text: str) -> SdistRecipe:
    return an_sdist(
        File("pyproject.toml", text.encode()), File("setuptools.py", b"x = 1\n"), File("CMakeLists.txt", b"\n")
    )


@pytest.mark.parametrize(
    "row",
    [
        *(
            Twins(
                "WC629",
                sentence,
                built(f"{SETUPTOOLS}[project]\n{bad}"),
                built(f"{SETUPTOOLS}[project]\n{good}"),
                found,
                (PYPROJECT,),
            )
            for sentence, bad, good, found in TABLES
        ),
        Twins(
            "WC629",
            "a [project] that is a number",
            built(f"project = 5\n{SETUPTOOLS}"),
            built(f"tool = {{}}\n{SETUPTOOLS}"),
            "found a [project] that is no table",
            (PYPROJECT,),
        ),
        *(
            Twins(
                "WC629",
                f"{backend} reads the table, too",
                built(BY.format(backend) + SOUND.replace("demo", "a b")),
                built(BY.format(backend) + SOUND),
                "name 'a b'",
                (PYPROJECT,),
            )
            for backend in (
                *("hatchling.build", "flit_core.buildapi", "pdm.backend", "poetry.core.masonry.api"),
                *("scikit_build_core.build", "uv_build", "setuptools.build_meta:__legacy__"),
            )
        ),
        *(Silent("WC629", sentence, built(text)) for sentence, text in NOT_JUDGED.items()),
    ],
    ids=str,
)
def test_the_project_table_is_one_that_backends_accept(row: Twins | Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(("sentence", "bad", "good", "found"), TABLES, ids=[row[0] for row in TABLES])
def test_setuptools_refuses_what_is_refused_and_takes_what_is_not(
    sentence: str, bad: str, good: str, found: str, tmp_path: Path
) -> None:
    code = "from setuptools.config.pyprojecttoml import read_configuration as r; r('pyproject.toml', expand=False)"
    for text, fails in ((bad, True), (good, False)):
        (tmp_path / "pyproject.toml").write_text(f"{SETUPTOOLS}[project]\n{text}")
        done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False, capture_output=True)
        assert bool(done.returncode) is fails, f"{sentence}: {found}: {done.stderr.decode()[-300:]}"
