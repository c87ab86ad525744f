"""What README and docs/ show works: commands, snippets, links. `nox -s docs-site` checks the site itself."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import yaml

from tests.support import schemas
from tests.support.checkout import ROOT
from tests.support.pages import PAGES, Block, blocks, commands, links
from tools import actionlint
from wheelcheck import __version__
from wheelcheck.cli import _parse as parse
from wheelcheck.config import Config, builder, load
from wheelcheck.config.fields import SETTINGS
from wheelcheck.config.files import OWN, SHARED, read
from wheelcheck.facts import toml
from wheelcheck.report.wording import SITE
from wheelcheck.rules.catalogue import all_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = "https://github.com/wheelcheck/wheelcheck/"
COMMANDS = list(commands())
KEYS = {field.key for field in SETTINGS.fields}
# A workflow around a recipe that is one job; the jobs that it needs are the reader's own.
WORKFLOW: dict[str, Any] = {
    "name": "Recipe",
    "on": {"pull_request": None},
    "permissions": {},
    "concurrency": {"group": "${{ github.workflow }}-${{ github.ref }}", "cancel-in-progress": True},
}
OWN_JOB = {"runs-on": "ubuntu-latest", "timeout-minutes": 5, "permissions": {}, "steps": [{"run": "true"}]}
# The commit of a version of ours is not known when its pages are written.
ZIZMOR = 'rules: {unpinned-uses: {config: {policies: {"wheelcheck/*": ref-pin, "github/*": ref-pin, "*": hash-pin}}}}\n'


def _identified(found: list[Block]) -> list[Any]:
    return [pytest.param(block, id=f"{block.page}-{number}") for number, block in enumerate(found)]


def taken(words: list[str]) -> bool:
    """Return whether the command line takes the words, completed where running text names an option alone."""
    for rest in ([], ["dist"], ["sdist"], ["bundle", "dist"]):
        with suppress(SystemExit):
            return bool(parse([*words, *rest]))
    return False


@pytest.mark.parametrize(("page", "words"), COMMANDS, ids=[f"{page}: {' '.join(words)}" for page, words in COMMANDS])
def test_every_command_that_a_page_shows_is_one_that_the_command_line_takes(page: str, words: list[str]) -> None:
    assert taken(words), f"{page}: wheelcheck {' '.join(words)}"


def test_a_command_or_an_option_that_does_not_exist_would_be_noticed() -> None:
    assert not taken(["chekc", "dist"])
    assert not taken(["check", "dist", "--fiix"])
    assert not taken(["build", "whels"])


def test_commands_are_found_in_blocks_and_in_running_text() -> None:
    assert ("docs/index.md", ["check", "pypi:swig==4.1.1"]) in COMMANDS
    assert ("docs/index.md", ["check", "dist", "--fix"]) in COMMANDS


@pytest.mark.parametrize("block", _identified(blocks("toml")))
def test_every_configuration_that_a_page_shows_is_accepted(block: Block, tmp_path: Path) -> None:
    document = toml.parse_toml(block.text)
    ours = toml.table(toml.table(document, "tool"), "wheelcheck")
    file = tmp_path / (SHARED if "tool" in document else OWN)
    file.write_text(block.text)
    if ours or set(document) <= KEYS:
        table, place = read(file)
        assert SETTINGS.read(table, place)
        assert load(file, required=True) != Config()
    if {"build", "smoke"} & {*document, *ours}:
        assert builder.load(tmp_path).release == load(file, required=True)


def job(block: Block) -> dict[str, Any]:
    """Return the job that a recipe is, or whose steps it is; empty if it is neither."""
    document = yaml.safe_load(block.text)
    if isinstance(document, list):
        return {"recipe": {**OWN_JOB, "steps": document}}
    found = [value for value in document.values() if isinstance(value, dict) and "steps" in value]
    return dict(document) if found else {}


JOBS = [block for block in blocks("yaml") if job(block)]
OTHERS = {
    ".gitlab-ci.yml": "Gitlab CI configuration",
    ".pre-commit-config.yaml": "JSON schema for .pre-commit-config.yaml",
}


@pytest.fixture(params=_identified(JOBS))
def repository(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a repository whose one workflow is a recipe."""
    jobs = job(request.param)
    needed = {name for one in jobs.values() for name in one.get("needs", ())}
    names = {name: {"name": name.title(), **one} for name, one in {**dict.fromkeys(needed, OWN_JOB), **jobs}.items()}
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "recipe.yml").write_text(yaml.safe_dump({**WORKFLOW, "jobs": names}, sort_keys=False))
    (tmp_path / "zizmor.yml").write_text(ZIZMOR)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    return tmp_path


def test_zizmor_has_nothing_against_the_recipes(repository: Path) -> None:
    zizmor = str(Path(sys.executable).with_name("zizmor"))
    command = [zizmor, "--offline", "--quiet", "--config", "zizmor.yml", "."]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.network
@pytest.mark.skipif(not actionlint.command(), reason="neither actionlint nor Go is installed")
def test_actionlint_has_nothing_against_the_recipes(repository: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert actionlint.main(repository) == 0, capfd.readouterr().out


def test_the_recipes_give_the_action_only_inputs_and_read_only_outputs_that_it_has() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    ours = [(block, step) for block in JOBS for step in steps(block) if step.get("uses", "").startswith("wheelcheck/")]
    assert len(ours) == sum(block.page != "docs/adopting.md" for block in JOBS)  # which shows a job of the builder
    assert [step for _, step in ours if not set(step.get("with", {})) <= set(action["inputs"])] == []
    read = {name for block, _ in ours for name in re.findall(r"steps\.gate\.outputs\.([\w-]+)", block.text)}
    assert read <= set(action["outputs"])
    text = PAGES["docs/recipes.md"]
    assert [name for name in (*action["inputs"], *action["outputs"]) if f"`{name}`" not in text] == []


def steps(block: Block) -> Iterator[dict[str, Any]]:
    for one in job(block).values():
        yield from one["steps"]


def test_every_recipe_in_yaml_is_a_job_for_github_or_a_file_with_a_published_schema() -> None:
    others = [block for block in blocks("yaml") if not job(block) or block.head.startswith(".gitlab")]
    seen = [name for block in others for name in OTHERS if block.head.startswith(name)]
    assert set(seen) == set(OTHERS)
    for block, name in zip(others, seen, strict=True):
        assert schemas.faults(schemas.published(OTHERS[name]), yaml.safe_load(block.text)) == []


@pytest.mark.parametrize("block", _identified(blocks("python")))
def test_every_python_that_a_page_shows_compiles(block: Block) -> None:
    ast.parse(block.text)


def test_the_noxfile_of_the_recipes_has_the_session(tmp_path: Path) -> None:
    (block,) = (block for block in blocks("python") if block.head == "noxfile.py")
    (tmp_path / "noxfile.py").write_text(block.text)
    command = [sys.executable, "-m", "nox", "--list"]
    listed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert "gate -> Build, and check what would be uploaded." in listed


def test_every_version_that_a_page_pins_is_this_one() -> None:
    major, minor, _ = __version__.split(".")
    text = "\n".join(PAGES.values())
    pinned = set(re.findall(r"wheelcheck==([\d.*]+)", text))
    actions = set(re.findall(r"wheelcheck/wheelcheck@(\S+)", text))
    assert (pinned, actions) == ({f"{major}.{minor}.*"}, {f"v{major}"})
    assert set(re.findall(r"^ +rev: (\S+)", text, re.MULTILINE)) == {f"v{__version__}"}


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    assert [why for where, address in links() if where == page and (why := trouble(page, address))] == []


def trouble(page: str, address: str) -> str:
    """Return what is wrong with a link; anchors within the site are Sphinx's to check."""
    parts = urlsplit(address)
    if address.startswith(SITE):
        name = address.removeprefix(SITE).partition("#")[0].strip("/")
        there = any((ROOT / "docs" / f"{name}{end}").is_file() for end in (".md", "/index.md")) or not name
        return "" if there else f"{address}: the site has no such page"
    if address.startswith(REPOSITORY):
        found = re.fullmatch(r"(?:blob|tree|raw)/main/([^#]+).*", address.removeprefix(REPOSITORY))
        return "" if not found or (ROOT / found[1]).exists() else f"{address}: there is no {found[1]}"
    if parts.scheme or parts.netloc:
        return "" if parts.scheme == "https" and "." in parts.netloc and " " not in address else f"{address}: no https"
    target = PurePosixPath(page).parent / parts.path if parts.path else PurePosixPath(page)
    return "" if (ROOT / target).exists() else f"{address}: there is no {target}"


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org/",
        "https://nowhere",
        "gone.md",
        f"{SITE}rules/WC000/",
        f"{REPOSITORY}blob/main/gone.py",
    ],
)
def test_a_link_that_leads_nowhere_would_be_noticed(address: str) -> None:
    assert trouble("docs/index.md", address)


def test_the_readme_is_shown_by_package_indexes_so_its_links_and_pictures_are_absolute() -> None:
    assert [address for page, address in links() if page == "README.md" and not address.startswith("https://")] == []


def test_the_readme_is_read_in_a_minute() -> None:
    assert PAGES["README.md"].count("\n") <= 120


def test_the_readme_has_the_command_that_ci_runs_as_its_last_step() -> None:
    last = (ROOT / ".ci/run").read_text("utf-8").splitlines()[-1]
    ran = re.fullmatch(r"exec (python3 tools/bootstrap\.py tests) </dev/null", last)
    assert ran
    assert f"\n{ran[1]}\n" in PAGES["README.md"]
    assert "\npython3 tools/bootstrap.py verify\n" in PAGES["README.md"]


def test_every_rule_that_a_page_names_exists() -> None:
    known = {rule.code for rule in all_rules()} | {"WC399"}  # the example of CONTRIBUTING
    named = {(page, code) for page, text in PAGES.items() for code in re.findall(r"\bWC\d{3}\b", text)}
    assert sorted((page, code) for page, code in named if code not in known) == []
