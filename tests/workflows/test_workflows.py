"""What holds for every workflow and action of this repository, and for those that `init` writes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.support.checkout import ROOT
from tools import actionlint
from tools.matrix import pythons
from wheelcheck.facts.evidence import RELEASE
from wheelcheck.init import plan, workflows

if TYPE_CHECKING:
    from collections.abc import Iterator

OWN = {
    path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
    for path in [*sorted(ROOT.glob(".github/**/*.yml")), ROOT / "action.yml"]
}
# What a project may need of its workflows: nothing, or everything.
NEEDS = {
    "": workflows.Needs(),
    ", all of it": workflows.Needs(
        "a/b",
        "trunk",
        submodules=True,
        history=True,
        lfs=True,
        cargo=True,
        rust=("a/b/rust", "a/b/ebpf"),
        cross=True,
        python=15,
        others=("3.14", "3.14t"),
        elsewhere=True,
    ),
    ", no sdist": workflows.Needs(sdist=False),
}
WRITTEN = {
    f"init{which}: {path}": text
    for which, needs in NEEDS.items()
    for path, text in {**workflows.texts(needs), plan.GATE: workflows.gate(needs.folder)}.items()
}
TEXTS = {**OWN, **WRITTEN}
WORKFLOWS = {name: text for name, text in TEXTS.items() if "/workflows/" in name}
# From the actions' own tags; pypi-publish's from projects that pin it, whose comments agree.
PINS = {
    "actions/checkout": "3d3c42e5aac5ba805825da76410c181273ba90b1",
    "actions/setup-python": "5fda3b95a4ea91299a34e894583c3862153e4b97",
    "actions/upload-artifact": "bbbca2ddaa5d8feaa63e36b76fdaad77386f024f",
    "actions/download-artifact": "3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c",
    "actions/cache": "27d5ce7f107fe9357f9df03efb73ab90386fccae",
    "actions/attest": "1e69f48acb82d1966a394da916b4c1698aa569d6",
    "actions/upload-pages-artifact": "fc324d3547104276b827a68afc52ff2a11cc49c9",
    "actions/deploy-pages": "cd2ce8fcbc39b97be8ca5fce6e763baed58fa128",
    "pypa/gh-action-pypi-publish": "cef221092ed1bacb1cc03d23a2d87d1d172e277b",
}


def jobs(text: str) -> dict[str, dict[str, Any]]:
    return dict(yaml.safe_load(text)["jobs"])


def steps(text: str) -> Iterator[dict[str, Any]]:
    document = yaml.safe_load(text)
    if "runs" in document:
        yield from document["runs"]["steps"]
    for job in document.get("jobs", {}).values():
        yield from job.get("steps", [])


def environment(job: dict[str, Any]) -> str | None:
    """Return the name of the environment that a job runs in."""
    found = job.get("environment")
    return found["name"] if isinstance(found, dict) else found


def triggers(text: str) -> dict[str, Any]:
    document = yaml.safe_load(text)
    return dict(document[True])  # YAML 1.1 reads `on` as true


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
class TestEveryFile:
    def test_pins_each_action_by_full_hash_and_names_its_version(self, text: str) -> None:
        uses = [line.strip() for line in re.findall(r"uses: (.+)", text) if not line.startswith("./")]
        assert [line for line in uses if not re.fullmatch(r"[\w-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []
        pinned = [line.partition(" ")[0].split("@") for line in uses]
        assert [(action, pin) for action, pin in pinned if PINS[action] != pin] == []

    def test_expands_no_template_in_a_command(self, text: str) -> None:
        assert [step["run"] for step in steps(text) if "${{" in step.get("run", "")] == []

    def test_has_no_command_of_several_lines(self, text: str) -> None:
        assert [step["run"] for step in steps(text) if "\n" in step.get("run", "").strip()] == []

    def test_uploads_nothing_only_with_an_error(self, text: str) -> None:
        uploads = [step["with"] for step in steps(text) if "upload-artifact" in step.get("uses", "")]
        assert [upload for upload in uploads if upload.get("if-no-files-found") != "error"] == []

    def test_restores_no_cache_for_a_tag(self, text: str) -> None:
        setups = [step["with"] for step in steps(text) if "setup-python" in step.get("uses", "")]
        caches = {setup["cache"] for setup in setups if "cache" in setup}
        assert caches <= {"${{ github.ref_type != 'tag' && 'pip' || '' }}"}
        kept = [step for step in steps(text) if "actions/cache" in step.get("uses", "")]
        assert [step for step in kept if step["if"] != "github.ref_type != 'tag'"] == []

    def test_names_a_cache_by_the_lock_files_and_keeps_no_finished_wheel(self, text: str) -> None:
        kept = [step["with"] for step in steps(text) if "actions/cache" in step.get("uses", "")]
        assert [one["key"] for one in kept if "hashFiles('**/Cargo.lock'" not in one["key"]] == []
        paths = [path for one in kept for path in one["path"].split()]
        assert [path for path in paths if path.endswith(("dist", "build", "wheelcheck", "backend", "evidence"))] == []

    def test_keeps_no_credentials_in_a_checkout(self, text: str) -> None:
        checkouts = [step for step in steps(text) if "actions/checkout" in step.get("uses", "")]
        assert [step for step in checkouts if step["with"]["persist-credentials"] is not False] == []


@pytest.mark.parametrize("text", WORKFLOWS.values(), ids=WORKFLOWS)
class TestEveryWorkflow:
    def test_starts_from_no_permission_and_gives_each_job_its_own(self, text: str) -> None:
        assert yaml.safe_load(text)["permissions"] == {}
        assert [name for name, job in jobs(text).items() if "permissions" not in job] == []

    def test_writes_nowhere_but_to_an_index_or_the_site_by_trusted_publishing(self, text: str) -> None:
        allowed: dict[str | None, dict[str, str]] = {
            None: {"contents": "read"},
            "pypi": {"id-token": "write"},
            "testpypi": {"id-token": "write"},
            "github-pages": {"id-token": "write", "pages": "write"},
        }
        signing = {"attestations": "write", "id-token": "write"}  # a job that runs no code of the project
        given = {name: (environment(job), job["permissions"]) for name, job in jobs(text).items()}
        may = {name: signing if name == "attest" else allowed[place] for name, (place, _) in given.items()}
        assert [name for name, (_, has) in given.items() if not has.items() <= may[name].items()] == []

    def test_calls_nox_or_a_script_and_no_tool_itself(self, text: str) -> None:
        allowed = (
            r"pipx run --python python3 --spec \"nox>=2025\.5,<2027\" nox -s [\w-]+( -- --arch \"\$[A-Z]+\")?"
            r"|python3 tools/bootstrap\.py .+|python3 -m tools\.\w+ >> \"\$GITHUB_OUTPUT\"|bash \.ci/run"
            r"|rustup toolchain install|rustup target add \"\$RUST_TARGET\""
            r"|\[\[ ! \"\$RESULTS\" =~ failure\|cancelled\|skipped \]\]"
        )
        assert [step["run"] for step in steps(text) if "run" in step and not re.fullmatch(allowed, step["run"])] == []

    def test_gives_every_job_a_time_limit(self, text: str) -> None:
        assert [name for name, job in jobs(text).items() if "uses" not in job and "timeout-minutes" not in job] == []

    def test_checks_pull_requests_to_any_branch_or_publishes(self, text: str) -> None:
        on = triggers(text)
        if set(on) == {"workflow_call"}:
            return  # checked wherever the workflow that calls it is
        if "publish" in jobs(text):
            assert set(on) == {"push", "workflow_dispatch"}
            assert set(on["push"]) == {"branches" if environment(jobs(text)["publish"]) == "github-pages" else "tags"}
        else:
            assert "pull_request" in on
            assert on["pull_request"] is None

    def test_has_one_job_that_waits_for_all_others_or_publishes(self, text: str) -> None:
        names = list(jobs(text))
        if "publish" not in names and len(names) > 1:
            last = jobs(text)["all-green"]
            assert sorted([*last["needs"], "all-green"]) == sorted(names)
            assert last["if"] == "always()"


RELEASES = {name: text for name, text in WORKFLOWS.items() if name.endswith("release.yml")}


@pytest.mark.parametrize("text", RELEASES.values(), ids=RELEASES)
class TestEveryRelease:
    def test_started_by_hand_is_a_dry_run_and_only_a_tag_publishes(self, text: str) -> None:
        assert triggers(text)["workflow_dispatch"]["inputs"]["publish"]["default"] is False
        condition = jobs(text)["publish"]["if"]
        assert condition == "github.ref_type == 'tag' && (github.event_name == 'push' || inputs.publish)"

    def test_publishes_from_the_entry_workflow_what_the_gate_passed_with_attestations(self, text: str) -> None:
        publish = jobs(text)["publish"]
        assert "uses" not in publish
        assert "wheels" in publish["needs"]
        assert publish["environment"] == "pypi"
        assert publish["steps"][-1]["with"]["attestations"] is True
        assert [step for step in publish["steps"] if "run" in step] == []

    def test_is_rehearsed_only_by_hand_and_where_the_project_says_so(self, text: str) -> None:
        rehearsal = jobs(text).get("rehearse")
        if rehearsal is None:
            return  # this project's own release has none
        assert triggers(text)["workflow_dispatch"]["inputs"]["rehearse"]["default"] is False
        by_hand = "github.event_name == 'workflow_dispatch' && inputs.rehearse && !inputs.publish"
        assert rehearsal["if"] == f"{by_hand} && vars.TESTPYPI != ''"  # without an address it would be PyPI
        assert (rehearsal["needs"], rehearsal["environment"]) == ("wheels", "testpypi")
        assert [step for step in rehearsal["steps"] if "run" in step] == []
        assert rehearsal["steps"][-1]["with"]["repository-url"] == "${{ vars.TESTPYPI }}"

    def test_publishes_nothing_whose_evidence_is_not_signed_by_a_job_that_runs_no_code(self, text: str) -> None:
        signing = jobs(text).get("attest")
        if signing is None:
            return  # this project's own release has no native wheels to prove
        assert (signing["if"], signing["needs"]) == (jobs(text)["publish"]["if"], "wheels")
        assert "attest" in jobs(text)["publish"]["needs"]
        assert [step for step in signing["steps"] if "run" in step] == []
        last = signing["steps"][-1]["with"]
        assert (last["subject-path"], last["predicate-type"]) == ("dist/*", RELEASE)
        assert last["predicate-path"] == "evidence/evidence.json"

    def test_is_not_cut_off_by_the_next(self, text: str) -> None:
        assert yaml.safe_load(text)["concurrency"] == {"group": "release", "cancel-in-progress": False}


def test_this_projects_wheels_are_built_by_what_init_writes() -> None:
    written = workflows.texts(workflows.Needs(dist="tests/projects/reference/dist", cargo=True))
    for path in (".github/workflows/wheels.yml", ".github/actions/build-binaries/action.yml"):
        assert OWN[path] == written[path].replace(" Written by `wheelcheck init`.", "")


def test_ci_calls_the_two_commands_of_the_readme() -> None:
    commands = [step.get("run") for step in steps(OWN[".github/workflows/ci.yml"])]
    assert "python3 tools/bootstrap.py verify" in commands
    assert "bash .ci/run" in commands
    assert "python3 tools/bootstrap.py tests" in (ROOT / ".ci/run").read_text("utf-8")


def test_ci_runs_the_gate_s_tests_on_windows_and_macos_with_the_oldest_and_the_newest_python() -> None:
    promised = pythons((ROOT / "pyproject.toml").read_text("utf-8"))
    portable = jobs(OWN[".github/workflows/ci.yml"])["portable"]
    assert portable["strategy"]["matrix"]["python"] == [promised[0], promised[-1]]
    assert {system.partition("-")[0] for system in portable["strategy"]["matrix"]["system"]} == {"windows", "macos"}
    assert portable["steps"][-1]["run"] == "python3 tools/bootstrap.py portable"


def test_dependabot_renews_the_pinned_actions_and_the_python_packages() -> None:
    updates = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text("utf-8"))["updates"]
    assert {update["package-ecosystem"] for update in updates} == {"github-actions", "pip"}
    (actions,) = (update for update in updates if update["package-ecosystem"] == "github-actions")
    assert actions["directories"] == ["/", "/.github/actions/*"]


def written(folder: Path, change: tuple[str, str] = ("", ""), needs: workflows.Needs = NEEDS[""]) -> Path:
    """Write what `init` writes as a repository of its own, one text of it replaced."""
    for path, text in {**workflows.texts(needs), plan.GATE: workflows.gate(needs.folder)}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text.replace(*change) if change[0] else text)
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    return folder


def zizmor(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("zizmor")), "--offline", "--pedantic", "--quiet", "."]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("needs", NEEDS.values(), ids=["nothing", "everything", "no sdist"])
def test_zizmor_has_nothing_against_what_init_writes(tmp_path: Path, needs: workflows.Needs) -> None:
    done = zizmor(written(tmp_path, needs=needs))
    assert done.returncode == 0, done.stdout + done.stderr


def test_zizmor_would_notice_a_template_in_a_command(tmp_path: Path) -> None:
    injected = ('--arch "$TARGET"', "--arch ${{ inputs.target }}")
    assert "template-injection" in zizmor(written(tmp_path, injected)).stdout


@pytest.mark.network
@pytest.mark.skipif(not actionlint.command(), reason="neither actionlint nor Go is installed")
def test_actionlint_has_nothing_against_this_repository_or_what_init_writes(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert actionlint.main() == 0, capfd.readouterr().out
    for name, needs in zip(("nothing", "everything", "no-sdist"), NEEDS.values(), strict=True):
        assert actionlint.main(written(tmp_path / name, needs=needs)) == 0, capfd.readouterr().out


@pytest.mark.network
@pytest.mark.skipif(not actionlint.command(), reason="neither actionlint nor Go is installed")
def test_actionlint_would_notice_a_job_that_does_not_exist(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert actionlint.main(written(tmp_path, ("needs: [plan, sdist, build]", "needs: [plan, sdist, built]"))) != 0
    assert "built" in capfd.readouterr().out


def test_without_go_actionlint_is_skipped_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert actionlint.main() == 0
    assert capsys.readouterr().err == "actionlint: skipped, neither it nor Go is installed\n"


def test_an_actionlint_that_is_installed_is_used_and_its_status_is_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "actionlint"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert actionlint.command() == [str(program)]
    assert actionlint.main(tmp_path) == 3
