from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import native, zips
from tests.support.artifacts import EXECUTABLE, X86_64, File, a_wheel
from tests.support.commandline import environment, run
from wheelcheck import __version__, cli
from wheelcheck.damage import explain
from wheelcheck.rules.catalogue import all_rules

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.rules import Rule


TOOL = File("demo/bin/tool", native.program, EXECUTABLE)
PROMISE = '[tool.wheelcheck]\narchitectures = ["x86_64", "aarch64"]\npython = ["cp311"]\n'


# --- exit codes ---


def test_a_good_wheel_is_0(tmp_path: Path, good: Path) -> None:
    done = run(tmp_path, "check", good)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"PASS  1 artifact" in done.stdout


def test_a_bad_wheel_is_1_and_the_member_is_named(tmp_path: Path, bad: Path) -> None:
    done = run(tmp_path, "check", bad)
    assert (done.returncode, done.stderr) == (1, b"")
    assert re.search(rb"error   WC301  demo/bin/tool: found linux aarch64", done.stdout)
    assert b"fix: build for the tag" in done.stdout
    assert b"FAIL  1 artifact" in done.stdout


@pytest.mark.parametrize("path", ["missing.whl", "nothing-*.whl", "."])
def test_nothing_to_examine_is_2(tmp_path: Path, path: str) -> None:
    done = run(tmp_path, "check", path)
    assert (done.returncode, done.stderr) == (2, b"")
    assert b"COULD NOT VERIFY  nothing was checked" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "required: COMMAND"),
        (("check", ""), "found an empty path, expected a file or a folder"),
        (("chek", "x"), "there is no 'chek'; did you mean check?"),
        (("check", "x", "--format", "xml"), "argument --format: there is no 'xml'"),
        (("check", "x", "--fast\x1b[31m\n::error::"), "unrecognized arguments: --fast\\x1b[31m\\n::error::"),
        (("check", "x", "--config", "missing.toml"), "missing.toml: no such file"),
        (("check", "x", "--config", "empty.toml"), "empty.toml has no [tool.wheelcheck]; add the table"),
        (("check", "x", "--architecture", "vax"), "unknown architecture 'vax': expected one of x86_64"),
        (("check", "x", "--config", "promise.toml", "--architecture", "s390x"), "no wheel is expected for s390x"),
        (("check", "x", "--config", "mistake.toml"), "unknown key 'pyton'; did you mean 'python'?"),
        (("explain", "WC999"), "'WC999' is neither a rule nor a kind of damage; did you mean WC629?"),
        (("chek", "x"), "did you mean check?"),
        (("check", "--fromat", "json"), "unrecognized arguments: --fromat; did you mean --format?"),
        (("check", "--conf", "a.toml"), "unrecognized arguments: --conf"),
        (("check", "x", "--format", "jsn"), "did you mean json?"),
        (("check", "--select", "WC3O1"), "no rule is called 'WC3O1'; did you mean WC"),
        (("check", "--ignore", "WC301,"), "no rule is called ''"),
        (("explain", "zip-prefxi"), "did you mean zip-prefix?"),
        (("check", "x", "--config", "unknown.toml"), "ignore: WC999 is not the code of a rule; did you mean WC"),
        (("check", "x", "--config", "list.toml"), "write each entry as [[tool.wheelcheck.ignore]] with code ="),
    ],
)
def test_a_mistake_in_usage_or_configuration_is_2_and_says_what_was_expected(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    (tmp_path / "empty.toml").write_text("[project]\n")
    (tmp_path / "promise.toml").write_text(PROMISE)
    (tmp_path / "list.toml").write_text('[tool.wheelcheck]\nignore = ["WC301"]\n')
    (tmp_path / "unknown.toml").write_text('[[tool.wheelcheck.ignore]]\ncode = "WC999"\nreason = "x"\n')
    (tmp_path / "mistake.toml").write_text("[tool.wheelcheck]\npyton = []\n")
    done = run(tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert said in done.stderr.decode()
    assert len(done.stderr.splitlines()) <= 3


# --- configuration ---


def test_the_configuration_of_the_current_folder_holds(tmp_path: Path, good: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PROMISE)
    done = run(tmp_path, "check", good)
    assert done.returncode == 1
    assert b"missing: a cp311-cp311 wheel for manylinux_2_17_aarch64" in done.stdout


@pytest.mark.parametrize(("name", "code"), [("amd64", 0), ("aarch64", 1)])
def test_a_single_architecture_can_be_expected(tmp_path: Path, good: Path, name: str, code: int) -> None:
    (tmp_path / "other.toml").write_text(PROMISE)
    assert run(tmp_path, "check", good, "--config", "other.toml", "--architecture", name).returncode == code


# --- what is printed ---


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_version_is_printed(tmp_path: Path, option: str) -> None:
    done = run(tmp_path, option)
    assert (done.returncode, done.stdout) == (0, f"wheelcheck {__version__}\n".encode())


@pytest.mark.parametrize("name", ["WC301", "wc301", "every-binary-matches-the-tag", "Every-Binary-Matches-The-Tag"])
def test_a_rule_is_explained_by_code_and_by_name(tmp_path: Path, name: str) -> None:
    done = run(tmp_path, "explain", name)
    assert done.returncode == 0
    assert done.stdout.startswith(
        b"WC301 every-binary-matches-the-tag (error, warning)\n\nExecutables and libraries are"
    )
    assert b"\nSource: " in done.stdout
    assert b"\nRemedy: " in done.stdout


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_every_rule_is_explained(capsys: pytest.CaptureFixture[str], rule: Rule[Any]) -> None:
    assert cli.main(["explain", rule.code]) == 0
    assert capsys.readouterr().out.startswith(
        f"{rule.code} {rule.name} ({', '.join(rule.severities)})\n\n{rule.summary}\n"
    )


@pytest.mark.parametrize("kind", ["zip-prefix", "ELF-Truncated", "changed"])
def test_a_kind_of_damage_is_explained(capsys: pytest.CaptureFixture[str], kind: str) -> None:
    assert cli.main(["explain", kind]) == 0
    assert capsys.readouterr().out == f"{explain(kind.lower())}\n"


def test_json_is_read_by_programs_and_the_same_each_time(tmp_path: Path, bad: Path) -> None:
    first, second = (run(tmp_path, "check", bad, "--format", "json") for _ in range(2))
    assert (first.returncode, first.stdout) == (1, second.stdout)
    document = json.loads(first.stdout)
    assert (document["verdict"], document["counts"]["error"]) == ("fail", 1)
    assert [(found["code"], found["path"]) for found in document["findings"]] == [("WC301", "demo/bin/tool")]
    (artifact,) = document["artifacts"]
    assert artifact["binaries"][0]["slices"][0]["arches"] == ["aarch64"]


def test_quiet_leaves_out_all_but_errors_and_the_verdict(tmp_path: Path, bad: Path) -> None:
    a_wheel(X86_64, TOOL, project="other", dist_info={"RECORD": None}).write(bad.parent)
    done = run(tmp_path, "check", bad, "--quiet")
    lines = [line.strip().split()[0] for line in done.stdout.decode().splitlines() if line.strip()]
    assert lines == ["error", "in", "fix:", "FAIL"]
    assert b"rules ran" in run(tmp_path, "check", bad).stdout


# Runs a command, and interrupts it when it opens a wheel. A shell starts what runs in its background with SIGINT
# ignored, and children inherit that.
INTERRUPTED = """
import os, signal, sys
from wheelcheck.cli import main

def interrupt(event, arguments):
    if event == "open" and str(arguments[0]).endswith(".whl"):
        os.kill(os.getpid(), signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.addaudithook(interrupt)
sys.exit(main())
"""


@pytest.mark.posix
def test_an_interrupt_is_2_and_shows_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "demo-1.0-py3-none-any.whl").write_bytes(zips.zipped(zips.named("demo/a")))
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, "check", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        env=environment(),
    )
    assert (done.returncode, done.stderr) == (2, b"wheelcheck: interrupted, nothing is verified\n")


# --- one command line ---


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_a_command_imports_the_module_of_no_other(name: str, tmp_path: Path) -> None:
    script = "import sys; from wheelcheck import cli\ntry: cli.main(sys.argv[1:])\nfinally: print(*sys.modules)"
    asked = [sys.executable, "-c", script, name, "--help"]
    loaded = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=True, env=environment())
    others = {f"wheelcheck.cli.{other}" for other in cli.COMMANDS if other != name}
    assert others.isdisjoint(loaded.stdout.split())


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_is_in_the_help_and_has_its_own(name: str, tmp_path: Path) -> None:
    assert f"    {name} ".encode() in run(tmp_path, "--help").stdout
    done = run(tmp_path, name, "--help")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(f"usage: wheelcheck {name} ".encode())


def test_a_bug_before_the_command_runs_is_2_as_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "wheelcheck.cli.check", None)
    assert cli.main(["check", "x"]) == 2
    assert capsys.readouterr().err.startswith("wheelcheck: internal error, nothing is verified\n")


# --- what is no artifact ---


def _not_artifacts(folder: Path) -> None:
    (folder / "notes.txt").write_text("notes")
    (folder / "random.bin").write_bytes(bytes(range(255, 0, -1)) * 9)
    (folder / "demo-1.0.tar.gz").write_text("<html>not found</html>")
    (folder / "demo-1.0-py3-none-any.whl").write_text("version https://git-lfs.github.com/spec/v1\n")
    (folder / "empty.whl").touch()
    (folder / "empty").touch()
    (folder / "notes.gz").write_bytes(gzip.compress(b"notes"))
    (folder / "tool").write_bytes(native.program())
    (folder / "folder.whl").mkdir()
    (folder / "cut.whl").write_bytes(zips.Zip().build()[:-4])
    os.mkfifo(folder / "pipe.whl")


@pytest.mark.posix
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("notes.txt", 'is not a wheel or an sdist: begins with "notes", expected a zip or tar archive'),
        ("random.bin", "is not a wheel or an sdist: begins with ff fe fd"),
        ("demo-1.0.tar.gz", "is not a wheel or an sdist: "),
        ("demo-1.0-py3-none-any.whl", "is not a wheel or an sdist: it begins with "),
        ("empty.whl", "is not a wheel or an sdist: the file is empty"),
        ("empty", "is not a wheel or an sdist: the file is empty"),
        ("notes.gz", "is not a wheel or an sdist: a compressed file that is no archive"),
        ("tool", "is not a wheel or an sdist: begins with 7f 45 4c 46"),
        ("cut.whl", "is not a wheel or an sdist: its end is missing"),
        ("folder.whl", "holds no wheel and no sdist"),
        ("pipe.whl", "is a pipe, socket or device, not a regular file"),
        ("missing.whl", "no such file"),
    ],
)
def test_what_is_not_an_artifact_is_neither_inspected_nor_compared(
    tmp_path: Path, good: Path, name: str, why: str
) -> None:
    _not_artifacts(tmp_path)
    for words in (("inspect", name), ("diff", name, good), ("diff", good, name)):
        done = run(tmp_path, *words)
        assert (done.returncode, done.stdout) == (2, b"")
        assert re.match(rf"wheelcheck: {re.escape(name)}:? {why}", done.stderr.decode())


@pytest.mark.parametrize(
    "words", [["explain", "WC301"], ["explain"], *(["check", f"--format={f}"] for f in ("sarif", "html"))]
)
def test_the_texts_of_the_rules_survive_a_python_without_docstrings(bad: Path, words: list[str]) -> None:
    paths = [bad] if words[0] == "check" else []
    plain, stripped = (run(bad.parent, *words, *paths, PYTHONOPTIMIZE=level) for level in ("0", "2"))
    assert plain.returncode == stripped.returncode
    assert b"CPU of every platform tag" in stripped.stdout
    assert stripped.stderr == b""
