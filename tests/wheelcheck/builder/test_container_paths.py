from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.commandline import build as main
from tests.support.crates import probe
from wheelcheck.builder import cargo
from wheelcheck.builder.cargo import PathMap
from wheelcheck.builder.toolchain import choose, host
from wheelcheck.config import ConfigError
from wheelcheck.config.builder import load

HOST = choose(host(), (2, 17))


@pytest.mark.parametrize(
    ("words", "inside", "outside"),
    [
        (["/io=/p"], "/io/target/x", "/p/target/x"),
        (["/io=/p"], "/io", "/p"),
        (["/io=/p"], "/iowa/x", "/iowa/x"),
        (["/io=/p", "/io/target=/fast"], "/io/target/x", "/fast/x"),
        (["/io/target=/fast", "/io=/p"], "/io/src/x", "/p/src/x"),
        ([], "/io/x", "/io/x"),
        (["/io=/a=b"], "/io/x", "/a=b/x"),
    ],
)
def test_a_path_is_mapped_by_the_longest_folder_that_contains_it(words: list[str], inside: str, outside: str) -> None:
    assert PathMap.of(words).to_host(Path(inside)) == Path(outside)


@pytest.mark.parametrize("word", ["", "/io", "/io=", "io=/p", "=/p"])
def test_a_word_that_is_not_a_pair_is_a_usage_error(word: str) -> None:
    with pytest.raises(ConfigError, match="is not CONTAINER=HOST"):
        PathMap.of([word])


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that cargo really built in a mount namespace where its folder is another; its messages beside it."""
    folder = tmp_path_factory.mktemp("container")
    project, inside = probe(folder / "project", main='fn main() { println!("probed") }'), folder / "io"
    inside.mkdir()
    settings = load(project)
    (run,) = cargo.runs(settings, HOST)
    built = cargo.build_command(run, settings, os.environ)
    command = " ".join(built.argv).replace(str(project), str(inside))
    script = f"mount --bind {project} {inside} && cd {inside} && {command} > {folder}/messages.json"
    alone = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"])]
    if not shutil.which("unshare") or subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine gives no mount namespace")
    subprocess.run([*alone, "sh", "-ec", script], env=built.env, check=True)
    return folder


def test_what_cargo_built_in_a_container_is_found_at_its_mapped_path(
    elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    messages, project = elsewhere / "messages.json", elsewhere / "project"
    assert str(elsewhere / "io") in messages.read_text()
    mapped = f"{elsewhere / 'io'}={project}"
    assert main(["adopt", str(messages), "--map", mapped, "--project", str(project)]) == 0
    (staged,) = capsys.readouterr().out.split()
    assert subprocess.run([staged], capture_output=True, text=True, check=True).stdout == "probed\n"


@pytest.mark.parametrize("words", [[], ["--map", "/elsewhere=/tmp"]])
def test_a_container_s_path_without_a_map_is_an_error_that_says_how_to_give_one(
    elsewhere: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["adopt", str(elsewhere / "messages.json"), "--project", str(elsewhere / "project"), *words])
    assert status == 1
    assert "pass --map CONTAINER=HOST" in capsys.readouterr().err


def test_messages_that_cannot_be_read_are_an_error(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["adopt", str(elsewhere / "absent"), "--project", str(elsewhere / "project")]) == 1
    assert "write cargo's messages to a file" in capsys.readouterr().err
