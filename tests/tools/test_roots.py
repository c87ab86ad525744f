from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.checkout import ROOT
from tools import images, roots
from wheelcheck.platforms.arch import ARCHES, find

ARM = find("aarch64")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing on it but programs that write down how they were called; each may be made to fail."""
    for name in (
        "env",
        "dpkg",
        "apt-get",
        "mount",
        "update-binfmts",
        "mmdebstrap",
        "arch-test",
        "sudo",
        "podman",
        "runc",
    ):
        program(tmp_path, name)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(roots, "DISTRIBUTIONS_RUSTC", str(tmp_path / "rustc-of-the-distribution"))
    monkeypatch.setattr(roots, "BINFMT", tmp_path / "binfmt")
    monkeypatch.setattr(roots, "ROOTS", tmp_path / "roots")
    return tmp_path


def program(folder: Path, name: str, script: str = "") -> None:
    (folder / name).write_text(f'#!/bin/sh\necho "{name} $*" >> {folder}/called\n{script}\n')
    (folder / name).chmod(0o755)


def called(folder: Path) -> list[str]:
    file = folder / "called"
    lines = file.read_text().splitlines() if file.exists() else []
    return [line for line in lines if not line.startswith("sudo")]


def with_std(folder: Path, name: str) -> None:
    (folder / "libdir").mkdir(exist_ok=True)
    (folder / "libdir" / "libstd-1.rlib").touch()
    (folder / name).write_text(f"#!/bin/sh\necho {folder}/libdir\n")
    (folder / name).chmod(0o755)


def test_the_packages_of_a_cpu_are_named_as_debian_names_it() -> None:
    commands = [" ".join(words) for words in (*roots.std_commands(ARM), *roots.emulator_commands(find("ppc64le")))]
    assert any(line.endswith("dpkg --add-architecture arm64") for line in commands)
    assert any(line.endswith("rustc-web libstd-rust-web-dev:arm64") for line in commands)
    assert any("libc6-ppc64el-cross" in line for line in commands)


def test_every_cpu_that_debian_has_and_we_build_for_has_an_emulator() -> None:
    assert [row.name for row in ARCHES if row.debian and not row.qemu] == []
    assert len({row.debian for row in ARCHES if row.debian}) == len([row for row in ARCHES if row.debian])


def test_a_new_machine_gets_std_emulator_and_binfmt(machine: Path) -> None:
    assert roots.main(["cross", "--arch", "arm64"]) == 0
    tools = [line.split()[0] for line in called(machine)]
    if os.geteuid() == 0:
        assert tools == ["dpkg", "apt-get", "env", "env", "mount", "update-binfmts"]


def test_what_exists_already_is_not_changed(machine: Path) -> None:
    with_std(machine, "rustc")
    program(machine, "qemu-aarch64-static")
    (machine / "binfmt").mkdir()
    (machine / "binfmt" / "qemu-aarch64").touch()
    assert roots.main(["cross", "--arch", "aarch64"]) == 0
    assert called(machine) == []


@pytest.mark.parametrize(("status", "falls_back"), [(0, False), (1, True)])
def test_rustup_is_asked_before_the_distribution(machine: Path, status: int, *, falls_back: bool) -> None:
    program(machine, "rustup", f"exit {status}")
    roots.main(["cross", "--arch", "aarch64"])
    assert called(machine)[0] == "rustup target add aarch64-unknown-linux-gnu"
    assert any(line.startswith("dpkg") for line in called(machine)) is (falls_back and os.geteuid() == 0)


def test_a_command_that_fails_is_named_and_is_the_status(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("dpkg", "sudo"):
        program(machine, name, "exit 3")
    assert roots.main(["cross", "--arch", "aarch64"]) == 1
    assert "dpkg" in capsys.readouterr().err


def test_a_root_is_made_beside_its_place_and_moved_there_whole(machine: Path) -> None:
    program(machine, "qemu-aarch64-static")
    script = 'for last do :; done; /bin/mkdir -p "$last/usr/bin"; : > "$last/usr/bin/python3"'
    for name in ("mmdebstrap", "sudo"):
        program(machine, name, script)
    assert roots.main(["root", "--arch", "aarch64"]) == 0
    assert (machine / "roots" / "aarch64" / "usr" / "bin" / "python3").exists()
    assert not (machine / "roots" / "aarch64.partial").exists()
    (machine / "called").unlink()
    assert roots.main(["root", "--arch", "aarch64"]) == 0
    assert called(machine) == []


def test_a_kernel_and_the_root_as_an_initramfs_stand_beside_the_root(machine: Path) -> None:
    for name in ("qemu-aarch64-static", "qemu-system-aarch64"):
        program(machine, name)
    make = 'for last do :; done; /bin/mkdir -p "$last/usr/bin" "$last/boot" "$last/lib"; : > "$last/usr/bin/python3"'
    script = f'{make}; : > "$last/boot/vmlinuz-6.1"; : > "$last/lib/veth.ko"'
    for name in ("mmdebstrap", "sudo"):
        program(machine, name, script)
    for _ in range(2):
        assert roots.main(["system", "--arch", "aarch64"]) == 0
    asked = [line for line in called(machine) if line.startswith("mmdebstrap")]
    assert [("linux-image-arm64" in line, "--variant=extract" in line) for line in asked] == [
        (False, True),
        (True, True),
    ]
    made = machine / "roots" / "aarch64.kernel"
    assert sorted(file.name for file in made.iterdir()) == ["root.cpio", "veth.ko", "vmlinuz"]
    assert b"usr/bin/python3" in (made / "root.cpio").read_bytes()
    assert sorted(folder.name for folder in made.parent.iterdir()) == ["aarch64", "aarch64.kernel"]


def test_the_root_of_another_release_stands_beside_the_first(machine: Path) -> None:
    program(machine, "qemu-aarch64-static")
    script = 'for last do :; done; /bin/mkdir -p "$last/usr/bin"; : > "$last/usr/bin/python3"'
    for name in ("mmdebstrap", "sudo"):
        program(machine, name, script)
    assert roots.main(["root", "--arch", "aarch64", "--suite", "trixie"]) == 0
    assert (machine / "roots" / "aarch64-trixie" / "usr" / "bin" / "python3").exists()
    assert [line.split()[-2:] for line in called(machine) if line.startswith("mmdebstrap")] == [
        ["trixie", str(machine / "roots" / "aarch64-trixie.partial")]
    ]


def test_for_a_cpu_whose_machine_is_not_known_nothing_is_made(
    machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert roots.main(["system", "--arch", "s390x"]) == 1
    assert "s390x" in capsys.readouterr().err
    assert called(machine) == []


def test_a_root_that_could_not_be_made_is_not_there(machine: Path) -> None:
    program(machine, "qemu-aarch64-static")
    for name in ("mmdebstrap", "sudo"):
        program(machine, name, "exit 1")
    assert roots.main(["root", "--arch", "aarch64"]) == 1
    assert not (machine / "roots" / "aarch64").exists()


@pytest.mark.parametrize(
    ("rustup", "distribution", "named"), [(False, True, True), (True, True, False), (False, False, False)]
)
def test_the_distributions_compiler_is_named_if_only_it_has_the_std(
    machine: Path, capsys: pytest.CaptureFixture[str], *, rustup: bool, distribution: bool, named: bool
) -> None:
    for present, name in ((rustup, "rustc"), (distribution, "rustc-of-the-distribution")):
        if present:
            with_std(machine, name)
    assert roots.main(["env", "--arch", "aarch64"]) == 0
    expected = [f"RUSTC={machine}/rustc-of-the-distribution"] if named else []
    assert capsys.readouterr().out.splitlines() == [*expected, f"WHEELCHECK_ROOTS={machine}/roots"]


def test_the_module_needs_only_the_standard_library() -> None:
    words = [sys.executable, "-S", "-m", "tools.roots", "env"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "WHEELCHECK_ROOTS=" in done.stdout


def test_an_image_has_the_programs_that_cibuildwheel_calls_at_the_same_paths(tmp_path: Path) -> None:
    make, give = images.image_commands(ARM, tmp_path / "image.tar")
    hooks = " ".join(word for word in make if word.startswith("--customize-hook"))
    for needed in ("/opt/python/cp311-cp311", "/opt/python/cp39-cp39", "/usr/local/bin/", "auditwheel", "patchelf"):
        assert needed in hooks
    archive = str(tmp_path / "image.tar")
    assert give == ("podman", "import", "--quiet", "--arch", "arm64", archive, images.image_name(ARM))


@pytest.fixture
def containers(machine: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(images, "CONTAINERS", machine / "containers")
    monkeypatch.setattr(images, "ROOTS", machine / "roots")
    return machine / "containers"


def test_the_variables_name_the_engine_its_limits_and_an_image_a_cpu(containers: Path) -> None:
    found = images.variables([ARM, find("x86_64")])
    assert Path(found["CONTAINERS_CONF"]).read_text() == '[engine]\nruntime = "runc"\n'
    assert found["CIBW_CONTAINER_ENGINE"].startswith("podman; create_args: --ulimit=nofile=1024:1024 ")
    assert found["CIBW_MANYLINUX_AARCH64_IMAGE"] == images.image_name(ARM)
    assert found["CIBW_CACHE_PATH"] == str(containers)


@pytest.mark.parametrize(("exists", "made"), [(0, False), (1, True)])
def test_an_image_that_podman_has_is_not_made_again(
    machine: Path, containers: Path, exists: int, *, made: bool
) -> None:
    program(machine, "qemu-aarch64-static")
    program(machine, "podman", f'[ "$2" != exists ] || exit {exists}')
    for name in ("mmdebstrap", "sudo"):
        program(machine, name, 'for last do :; done; : > "$last"')
    images.image(ARM)
    assert any(line.startswith("podman import") for line in called(machine)) is made
    assert not containers.exists()
    assert not list((machine / "roots").glob("*.tar"))
