"""Break small modules in every small way, one at a time, and see whether their tests notice: mutmut.

    python -m tools.mutation wheelcheck/binary/elf_lookup.py [MODULE...]

Runs in a copy of this checkout, with the tests of the folder that mirrors the module's (tests/wheelcheck/binary), of
which mutmut chooses those that run the broken function. Printed are what was killed of all, and each survivor as a
diff. A survivor is either equivalent to the original, or asks for a test. Takes a minute for a module of 50 lines.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_COPIED = ("wheelcheck", "tests", "tools", "docs", ".github", ".ci", "noxfile.py", "pyproject.toml", "action.yml")
_BESIDE = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "SECURITY.md")


def tests_of(module: str) -> str:
    """Return the folder of tests that mirrors a module's. Raises ValueError for what is no module of ours."""
    path = Path(module)
    folder = Path("tests", *path.parent.parts)
    if path.suffix != ".py" or not (ROOT / path).is_file() or not (ROOT / folder).is_dir():
        raise ValueError(f"{module}: name a module such as wheelcheck/binary/elf_lookup.py, from the checkout's folder")
    return folder.as_posix()


def configuration(modules: list[str], tests: list[str]) -> str:
    """Return what mutmut reads in pyproject.toml."""
    copied = [name for name in (*_COPIED[1:], *_BESIDE, ".cache") if (ROOT / name).exists()]
    wanted = {
        "source_paths": ["wheelcheck/"],
        "only_mutate": modules,
        "pytest_add_cli_args_test_selection": tests or sorted({tests_of(module) for module in modules}),
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "-m", "not emulated and not network"],
        "also_copy": copied,
    }
    return "\n[tool.mutmut]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in wanted.items())


def copy(target: Path) -> None:
    """Copy what the tests need; compiled binaries are shared with this checkout."""
    for name in (*_COPIED, *_BESIDE):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, target / name)
    (ROOT / ".cache" / "native").mkdir(parents=True, exist_ok=True)
    (target / ".cache").mkdir()
    (target / ".cache" / "native").symlink_to(ROOT / ".cache" / "native")


def run(modules: list[str], tests: list[str]) -> tuple[dict[str, int], list[str]]:
    """Return how many mutants came to which end, and the survivors as diffs."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        copy(work)
        with (work / "pyproject.toml").open("a", encoding="utf-8") as file:
            file.write(configuration(modules, tests))
        mutmut = [sys.executable, "-m", "mutmut"]
        done = subprocess.run([*mutmut, "run", "--max-children", "1"], cwd=work, capture_output=True, check=False)
        if done.returncode:
            raise RuntimeError((done.stdout + done.stderr).decode("utf-8", "replace")[-2000:])
        subprocess.run([*mutmut, "export-cicd-stats"], cwd=work, capture_output=True, check=True)
        stats: dict[str, int] = json.loads((work / "mutants" / "mutmut-cicd-stats.json").read_text("utf-8"))
        said = subprocess.run([*mutmut, "results"], cwd=work, capture_output=True, text=True, check=True).stdout
        names = [line.split(":")[0].strip() for line in said.splitlines() if line.strip().endswith(": survived")]
        shown = (
            subprocess.run([*mutmut, "show", name], cwd=work, capture_output=True, text=True, check=True)
            for name in names
        )
        return stats, [each.stdout.strip() for each in shown]


def main(arguments: list[str] | None = None) -> int:
    """Break the modules, print what survived, and return the exit code: 1 if something did."""
    parser = argparse.ArgumentParser(description="Run mutmut on modules, with the tests that mirror them.")
    parser.add_argument("modules", nargs="+", metavar="MODULE")
    parser.add_argument("--tests", nargs="+", default=[], metavar="PATH", help="other tests than the mirroring folder")
    options = parser.parse_args(arguments)
    try:
        configuration(options.modules, options.tests)
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return 2
    stats, survivors = run(options.modules, options.tests)
    print(*survivors, sep="\n\n")
    judged = stats["killed"] + stats["survived"] + stats["timeout"]
    share = 100 * (judged - stats["survived"]) // max(judged, 1)
    print(f"{judged} mutants, {share} % killed, {stats['survived']} survived, {stats['no_tests']} run by no test")
    return int(bool(survivors))


if __name__ == "__main__":
    raise SystemExit(main())
