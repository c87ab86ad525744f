from __future__ import annotations

import gzip
import json
import os
import pty
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import elf_traps as traps
from tests.support import native, zips
from tests.support.artifacts import EXECUTABLE, X86_64, File, a_wheel, an_sdist
from tests.support.commandline import command, environment, run
from wheelcheck import __version__, cli
from wheelcheck.damage import explain
from wheelcheck.rules.catalogue import all_rules

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wheelcheck.rules import Rule

TOOL = File("demo/bin/tool", native.program, EXECUTABLE)
FOREIGN = File("demo/bin/tool", lambda: native.program("aarch64"), EXECUTABLE)
PROMISE = '[tool.wheelcheck]\narchitectures = ["x86_64", "aarch64"]\npython = ["cp311"]\n'
ESCAPE = b"\x1b"


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return a_wheel(X86_64, TOOL).write(tmp_path)


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    (tmp_path / "bad").mkdir()
    return a_wheel(X86_64, FOREIGN).write(tmp_path / "bad")


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


def test_a_report_that_goes_to_no_terminal_has_no_colour(tmp_path: Path, good: Path, bad: Path) -> None:
    for path in (good, bad):
        assert ESCAPE not in run(tmp_path, "check", path, TERM="xterm-256color").stdout


def _on_a_terminal(folder: Path, *arguments: str | Path, **changes: str) -> bytes:
    ours, theirs = pty.openpty()
    settings = environment(TERM="xterm-256color", **changes)
    child = subprocess.Popen(command(*arguments), cwd=folder, stdout=theirs, stderr=subprocess.DEVNULL, env=settings)
    os.close(theirs)
    shown = b""
    try:
        while slice_ := os.read(ours, 65_536):
            shown += slice_
    except OSError:
        pass  # how Linux says that the other end is closed
    child.wait(60)
    os.close(ours)
    return shown


def test_a_terminal_gets_colour_unless_it_asks_for_none(tmp_path: Path, bad: Path) -> None:
    assert b"\x1b[1;31m" in _on_a_terminal(tmp_path, "check", bad)
    assert b"\x1b[1;31m" not in _on_a_terminal(tmp_path, "check", bad, NO_COLOR="1")


# --- hostile names ---

HOSTILE = (
    "a\x1b[31mred",
    "a\x1b]8;;evil\x07",
    "a\nb",
    "a\r::error::b",
    "::error file=x::b",
    "##[add-mask]b",
    "a\u202ecod.exe",
    "a\u2066b",
    "a\x7fb",
    "a\x9b31m",
    "a\u2028b",
    "[bold]a[/bold]",
    "a\U000e0041",
    "é\u0301",
)


def _hostile_wheel(folder: Path, name: str) -> Path:
    members = [zips.named(f"{where}{name}", mode=EXECUTABLE) for where in ("", "demo/")]
    path = folder / "demo-1.0-py3-none-any.whl"
    path.write_bytes(zips.zipped(*members))
    return path


def _lines_a_runner_obeys(output: str) -> list[str]:
    return [line for line in output.splitlines() if line.lstrip().startswith("::") or "##[" in line]


def _raw_controls(output: str) -> set[str]:
    return {char for char in output if not char.isprintable()} - {"\n"}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_hostile_member_name_never_reaches_the_output_raw(tmp_path: Path, form: str, name: str) -> None:
    done = run(tmp_path, "check", _hostile_wheel(tmp_path, name), "--format", form)
    output = done.stdout.decode()
    assert done.returncode == 1
    assert (_raw_controls(output), _lines_a_runner_obeys(output), done.stderr) == (set(), [], b"")


@pytest.mark.parametrize("name", [name for name in HOSTILE if "/" not in name])
@pytest.mark.parametrize("form", ["text", "json"])
def test_nor_does_a_hostile_file_name(tmp_path: Path, form: str, name: str) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / f"{name}.whl").write_bytes(b"PK")
    (tmp_path / "dist" / f"{name}.txt").touch()
    (tmp_path / "dist" / name).mkdir()
    done = run(tmp_path, "check", "dist", "--format", form)
    output = done.stdout.decode()
    assert done.returncode == 1
    assert (_raw_controls(output), _lines_a_runner_obeys(output), done.stderr) == (set(), [], b"")


def test_markup_in_a_name_is_shown_as_it_is(tmp_path: Path) -> None:
    assert b"[bold]a[/bold]" in run(tmp_path, "check", _hostile_wheel(tmp_path, "[bold]a[/bold]")).stdout


def test_a_python_2_setup_py_prints_no_syntax_warning(tmp_path: Path) -> None:
    setup = b'print "x"\nRustExtension("a", "../out/Cargo.toml")\nx = "\\d"\n'
    done = run(tmp_path, "check", an_sdist(File("setup.py", setup)).write(tmp_path))
    assert (done.returncode, done.stderr) == (1, b"")
    assert b"WC603" in done.stdout


# --- an output that is not as it should be ---


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_name_that_standard_output_cannot_encode_is_escaped(tmp_path: Path, form: str) -> None:
    path = _hostile_wheel(tmp_path, "日本語\x07")
    done = run(tmp_path, "check", path, "--format", form, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (1, b"")
    assert b"\\u65e5" in done.stdout


@pytest.mark.posix
@pytest.mark.parametrize("arguments", [("check", "."), ("check", ".", "--format", "json"), ("explain", "WC301")])
@pytest.mark.parametrize("settings", [{}, {"PYTHONUNBUFFERED": "1"}])
def test_a_reader_who_leaves_changes_nothing_about_the_verdict(
    bad: Path, arguments: tuple[str, ...], settings: dict[str, str]
) -> None:
    expected = run(bad.parent, *arguments).returncode
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        command(*arguments),
        cwd=bad.parent,
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
        env=environment(**settings),
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (expected, b"")
    assert expected == (1 if "check" in arguments else 0)


@pytest.mark.posix
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_report_that_cannot_be_written_is_2(tmp_path: Path, good: Path, form: str) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = subprocess.run(
            command("check", good, "--format", form),
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
            env=environment(),
        )
    assert done.returncode == 2
    said = f"wheelcheck: the {form} report cannot be written to standard output: No space left on device\n"
    assert done.stderr.decode() == said


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


# --- traps ---

# Runs a command and says how it ended and how much memory it had; a parent that is small, for a child begins as it.
MEASURE = """
import json, os, sys
child = os.fork()
if not child:
    out = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)
    os.dup2(out, 1)
    os.execv(sys.executable, [sys.executable, "-m", "wheelcheck", "check", sys.argv[2], "--format", "json"])
_, status, usage = os.wait4(child, 0)
print(json.dumps([os.waitstatus_to_exitcode(status), usage.ru_maxrss]))
"""


def _measured(folder: Path, wheel: Path) -> tuple[int, int, dict[str, Any]]:
    """Return the exit code, the peak memory in kB and the report."""
    measured = [sys.executable, "-S", "-c", MEASURE, str(folder / "report.json"), str(wheel)]
    done = subprocess.run(measured, cwd=folder, capture_output=True, check=True, timeout=60, env=environment())
    code, memory = json.loads(done.stdout)
    return code, memory, json.loads((folder / "report.json").read_bytes())


@pytest.mark.posix
@pytest.mark.parametrize(
    ("make", "code", "rules"),
    [
        (traps.endless, 1, {"WC305"}),
        (traps.sectionless, 1, {"WC401"}),
        (traps.decoy, 1, {"WC401"}),
        (traps.needs_2_34, 1, {"WC401"}),
        (native.library, 0, set()),
    ],
)
def test_a_trap_in_a_wheel_gets_the_right_answer_in_little_memory(
    tmp_path: Path, make: Callable[[], bytes], code: int, rules: set[str]
) -> None:
    wheel = a_wheel(X86_64, File("demo/libtrap.so", make)).write(tmp_path)
    found, memory, report = _measured(tmp_path, wheel)
    assert (found, {hit["code"] for hit in report["findings"] if hit["severity"] == "error"}) == (code, rules)
    assert memory < 128 * 1024


@pytest.mark.posix
def test_the_300_kilobyte_trap_in_a_wheel_is_not_verified_in_little_memory(tmp_path: Path) -> None:
    wheel = a_wheel(X86_64, File("demo/libtrap.so", traps.huge_names)).write(tmp_path)
    code, memory, report = _measured(tmp_path, wheel)
    assert (code, report["verdict"]) == (2, "unverified")
    assert {gap["path"] for gap in report["gaps"]} == {"demo/libtrap.so"}
    assert memory < 128 * 1024


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


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("inspect", "a.whl"), ("explain", "WC301")])
def test_a_closed_standard_output_is_not_an_error(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    a_wheel(X86_64, TOOL).write(tmp_path).rename(tmp_path / "a.whl")
    shell = ["sh", "-c", 'exec "$@" >&-', "sh", *command(*arguments)]
    done = subprocess.run(shell, cwd=tmp_path, stderr=subprocess.PIPE, check=False, env=environment())
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)


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


# --- credentials ---

SECRET = "s3cr3t-t0ken"  # noqa: S105  # no real one


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "pypi:demo==1.0", "--index-url", f"http://ci:{SECRET}@127.0.0.1:9/simple/"),
        ("check", "pypi:demo==1.0", "--index-url", f"http://{SECRET}@127.0.0.1:9/simple/"),
        ("check", "pypi:demo==1.0", "--index-url", f"http://ci:{SECRET}@[::/"),
        ("check", "pypi:demo==1.0", "--index-url", f"ftp://ci:{SECRET}@127.0.0.1/"),
        ("check", "pypi:demo==1.0", "--index-urll", f"http://ci:{SECRET}@127.0.0.1:9/simple/"),
        ("check", f"http://ci:{SECRET}@127.0.0.1:9/demo-1.0.tar.gz"),
        ("inspect", f"http://ci:{SECRET}@127.0.0.1:9/demo-1.0.tar.gz"),
        ("check", ".", "--config", f"https://ci:{SECRET}@127.0.0.1:9/wheelcheck.toml"),
        ("check", ".", "--report", f"https://ci:{SECRET}@127.0.0.1:9/x"),
        ("check", ".", "--report", f"html=https://ci:{SECRET}@127.0.0.1:9/x"),
    ],
)
def test_a_password_in_a_url_is_never_printed(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = run(tmp_path, *arguments, PIP_INDEX_URL="", HTTP_PROXY="", http_proxy="")
    assert done.returncode == 2
    assert done.stderr
    assert SECRET.encode() not in done.stderr + done.stdout


def test_a_password_is_left_out_of_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError(f"https://ci:{SECRET}@example.invalid/simple/")

    monkeypatch.setattr("wheelcheck.inputs.resolve", broken)
    assert cli.main(["check", "x"]) == 2
    said = capsys.readouterr().err
    assert "ZeroDivisionError: https://example.invalid/simple/" in said
    assert SECRET not in said


@pytest.mark.parametrize(
    "words", [["explain", "WC301"], ["explain"], *(["check", f"--format={f}"] for f in ("sarif", "html"))]
)
def test_the_texts_of_the_rules_survive_a_python_without_docstrings(bad: Path, words: list[str]) -> None:
    paths = [bad] if words[0] == "check" else []
    plain, stripped = (run(bad.parent, *words, *paths, PYTHONOPTIMIZE=level) for level in ("0", "2"))
    assert plain.returncode == stripped.returncode
    assert b"CPU of every platform tag" in stripped.stdout
    assert stripped.stderr == b""
