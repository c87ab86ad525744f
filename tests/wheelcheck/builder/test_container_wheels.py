from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.commandline import build as main
from tests.support.crates import HATCH, probe
from tests.support.cross import OTHER, lacking, rustc_for_other
from tests.support.native import native
from tests.support.reference import copy_reference
from tools import images
from wheelcheck.builder import containers
from wheelcheck.builder.pipeline import Build
from wheelcheck.builder.run import BuildError
from wheelcheck.builder.toolchain import host
from wheelcheck.builder.verify import verify
from wheelcheck.cli import main as check

if TYPE_CHECKING:
    from wheelcheck.platforms.arch import Arch

# The repair step of a release that really broke: what it adds to a wheel, it also lists in RECORD.
PLANT = """
import base64, glob, hashlib, sys, zipfile
(wheel,) = glob.glob(sys.argv[1] + "/*.whl")
with zipfile.ZipFile(wheel) as archive:
    members = [(info, archive.read(info)) for info in archive.infolist()]
content = open(sys.argv[2], "rb").read()
info = zipfile.ZipInfo("reference/bin/planted")
info.external_attr = 0o100755 << 16
digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
row = f"{info.filename},sha256={digest},{len(content)}\\n".encode()
with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr(info, content)
    for member, data in members:
        archive.writestr(member, data + row if member.filename.endswith("/RECORD") else data)
"""


def per_python(folder: Path) -> Path:
    """The reference project as one with a wheel for each Python: CPython 3.11 is what the stand-in image has.

    Its glibc is newer than the floor, which the extension module says when it is asked.
    """
    project = copy_reference(folder)
    for name, pattern, text in (
        ("pyproject.toml", r"(?m)^python = .*$", 'python = ["cp311"]'),
        ("pyproject.toml", r"floor='2\\\\\.17'", "floor='2"),
        ("setup.py", r", py_limited_api=True", ""),
        ("setup.py", r"(?m)^ *options=.*$", ""),
    ):
        changed, count = re.subn(pattern, text, (project / name).read_text())
        assert count == 1, name
        (project / name).write_text(changed)
    return project


@pytest.fixture(scope="module")
def engine() -> None:
    """Podman, the images and cibuildwheel must be there: the session `emulated` prepares them and demands them."""
    missing = [name for name in ("podman", "cibuildwheel") if not (shutil.which(name) or find_spec(name))]
    for row in (host(), OTHER):
        exists = ["podman", "image", "exists", images.image_name(row)]
        if "podman" not in missing and subprocess.run(exists, check=False).returncode:
            missing.append(images.image_name(row))
    if missing and os.environ.get("WHEELCHECK_EMULATED"):
        pytest.fail(f"there is no {', '.join(missing)}")
    if missing:
        pytest.skip(f"there is no {', '.join(missing)}: run `nox -s emulated`")


@pytest.fixture(scope="module")
def project(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: ARG001
    return per_python(tmp_path_factory.mktemp("containers") / "reference")


@pytest.fixture(autouse=True)
def _prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in images.variables([host(), OTHER]).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("RUSTC", rustc_for_other() or "rustc")


def build_for(project: Path, row: Arch, lines: list[str]) -> Build:
    build = Build.of(project, row, lines.append)
    build.build()
    if not list(build.settings.dist.glob("*.tar.gz")):
        build.sdist()
    return build


@pytest.mark.emulated
@pytest.mark.parametrize("row", [host(), OTHER], ids=lambda row: row.name)
def test_cibuildwheel_builds_a_wheel_per_python_and_the_gate_judges_it_before_it_leaves_the_container(
    project: Path, row: Arch
) -> None:
    if row == OTHER and not rustc_for_other():
        lacking(f"no Rust std for {OTHER.name}")
    lines: list[str] = []
    build = build_for(project, row, lines)
    (wheel,) = containers.build_wheels(build, containers.prepare(build, os.environ), os.environ)
    assert wheel.name == f"reference-0.1.0-cp311-cp311-{build.target.platform_tag}.whl"
    said = "\n".join(lines)
    assert re.search(r"Running audit command: .* -m wheelcheck check --config .*gate.toml .*\.whl", said)
    assert re.search(r"PASS +1 artifact, .* 0 errors", said)
    tried = row.name if row == host() else f"an emulated {row.name}"
    assert f"proven: {wheel.name} (smoke on {tried})" in verify(project, {}, proven=True)
    config = str(project / "pyproject.toml")
    assert (
        check(
            [
                "check",
                str(wheel),
                str(build.settings.dist / "reference-0.1.0.tar.gz"),
                "--config",
                config,
                "--architecture",
                row.name,
            ]
        )
        == 0
    )


@pytest.mark.emulated
def test_both_cpus_together_are_the_expected_release(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if len(list((project / "dist").glob("*.whl"))) != 2:
        pytest.skip("the wheels of both CPUs were not built in this run")
    assert check(["check", str(project / "dist"), "--config", str(project / "pyproject.toml")]) == 0
    assert "PASS  3 artifacts" in capsys.readouterr().out


@pytest.mark.emulated
@pytest.mark.parametrize(("row", "stops"), [(host(), False), (OTHER, True)], ids=["its own CPU", "another CPU"])
def test_a_planted_executable_of_another_cpu_stops_cibuildwheel_and_no_wheel_is_copied_out(
    engine: None,  # noqa: ARG001
    tmp_path: Path,
    row: Arch,
    *,
    stops: bool,
) -> None:
    lines: list[str] = []
    build = build_for(per_python(tmp_path / "reference"), host(), lines)
    run = containers.prepare(build, os.environ)
    (run.folder / "plant.py").write_text(PLANT)
    (run.folder / "planted").write_bytes(native(row.name))
    repair = "CIBW_REPAIR_WHEEL_COMMAND"
    planting = f"{run.variables[repair]} && python {{project}}/plant.py {{dest_dir}} {{project}}/planted"
    sabotaged = replace(run, variables={**run.variables, repair: planting})
    if not stops:
        assert len(containers.build_wheels(build, sabotaged, os.environ)) == 1
        return
    with pytest.raises(BuildError, match="Audit command failed"):
        containers.build_wheels(build, sabotaged, os.environ)
    said = "\n".join(lines)
    assert "WC301" in said
    assert "reference/bin/planted" in said
    assert not [*(run.folder / "out").iterdir(), *build.settings.dist.glob("*.whl")]


def test_a_run_that_gives_fewer_wheels_than_interpreters_fails(tmp_path: Path) -> None:
    build = Build.of(for_containers(tmp_path / "project"))
    (tmp_path / "run" / "out").mkdir(parents=True)
    (tmp_path / "run" / "cibuildwheel.py").touch()  # one that does nothing, found where it is started
    nothing = containers.Run(tmp_path / "run", {"CIBW_BUILD": "cp311-x cp312-x", "PYTHONSAFEPATH": ""})
    with pytest.raises(BuildError, match="it built no wheel, but 2 wheels are configured, one per interpreter"):
        containers.build_wheels(build, nothing, os.environ)


def for_containers(folder: Path, more: str = "") -> Path:
    project = probe(folder, more=f"{HATCH}{more}")
    file = project / "pyproject.toml"
    file.write_text(file.read_text().replace('["py3-none"]', '["cp311", "cp312"]').replace("x86_64", host().name))
    (project / "probe").mkdir()
    (project / "probe" / "__init__.py").touch()
    return project


@pytest.mark.network
def test_the_printed_configuration_is_a_script_over_a_folder_that_is_ready(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if not find_spec("cibuildwheel"):
        pytest.skip("this interpreter has no cibuildwheel")
    project = for_containers(tmp_path / "project")
    for words in (["build"], ["sdist"], ["cibuildwheel", "--print-config"]):
        capsys.readouterr()
        assert main([*words, "--project", str(project), "--arch", "all"]) == 0
    script = capsys.readouterr().out
    shown = subprocess.run(
        ["sh", "-euc", f"{script.replace('-m cibuildwheel', '-m cibuildwheel --print-build-identifiers')}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert shown.split() == [f"cp311-manylinux_{host().name}", f"cp312-manylinux_{host().name}"]
    folder = Path(script.split()[1])
    assert {path.name for path in folder.iterdir()} >= {"package", "stage", "tools", "plan.json", "gate.toml", "out"}


def test_a_selection_of_the_projects_own_that_leaves_out_a_promised_wheel_is_a_usage_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = for_containers(tmp_path / "project", "[tool.cibuildwheel]\nskip = 'cp312-*'\n")
    assert main(["cibuildwheel", "--project", str(project)]) == 2
    said = capsys.readouterr().err
    assert "tool.cibuildwheel leaves out cp312-manylinux_" in said
    assert "but [tool.wheelcheck] promises it" in said
