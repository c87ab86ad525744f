"""The keys of the configuration: one row per key, and the only place where a key is declared.

The parser, the hints for misspelled keys, `schema/config-1.json` and docs/configuration.md all follow from these rows;
`python -m tools.docs` writes the last two. What a value means to the gate and to the builder is in
`wheelcheck.config` and `wheelcheck.config.builder`.
"""

from __future__ import annotations

import re
from typing import Any, Literal, get_args

from wheelcheck.config.shapes import (
    Boolean,
    Choice,
    Field,
    Integer,
    ListOf,
    Named,
    OneOrMore,
    Table,
    Tables,
    Text,
    Words,
)
from wheelcheck.patterns import regex
from wheelcheck.platforms import arch

PayloadKind = Literal["executable", "library", "object"]
Severity = Literal["error", "warning", "note"]  # from bad to good
PROOFS = ("smoke", "roundtrip")  # what a statement of the evidence can say of a wheel
# What a smoke command may need of the kernel. `wheelcheck.builder.install` knows which of them an emulator lacks.
KERNEL_NEEDS = ("bpf", "ptrace", "seccomp")

# Only CPython's ordinary ABI tag equals its interpreter tag; every other pair is written out.
_PYTHON = regex(r"(?P<short>cp[0-9]+)|(?P<python>[a-z]+[0-9]+)-(?P<abi>[a-z][a-z0-9_]*)")
_PART = r"(?!\.\.?(/|$))[^/\\\x00-\x1f]+"  # of a path: neither "." nor "..", no backslash, no control character


def glibc_version(text: str) -> arch.Glibc:
    """Return (2, 17) for "2.17"."""
    return 2, int(text.removeprefix("2."))


def python_pair(text: str) -> tuple[str, str]:
    """Return the interpreter and the ABI tag of "cp311", short for cp311-cp311, or of "cp310-abi3".

    Raises ValueError for any other text.
    """
    found = _PYTHON.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not an interpreter and an ABI tag")
    return found["short"] or found["python"], found["short"] or found["abi"]


def _architecture(text: str) -> str:
    return arch.find(text).name


def _regular_expression(text: str) -> str:
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError) as problem:
        raise ValueError(f"{text!r} is not a regular expression: {problem}") from problem
    return text


TEXT = Text()
ANY = Text("a string", "")
WORD = Text("text that is not empty", r"[\s\S]")
NAMES = ListOf(TEXT, "strings")
GLIBC = Text("a glibc version in quotes", r"^2\.[1-9][0-9]?$", glibc_version)
CPU = Text("the name of a CPU", r"\S", _architecture)
PAIR = Text("an interpreter and an ABI tag", r"^(cp[0-9]+|[a-z]+[0-9]+-[a-z][a-z0-9_]*)$", python_pair)
PLATFORM = Text("one platform tag", r"^[a-z0-9][A-Za-z0-9_]*$")
CODE = Text("the code of one rule", r"^WC[0-9]{3}$")
IN_WHEEL = Text("a path inside the wheel, relative and with /", rf"^(?![A-Za-z]:){_PART}(/{_PART})*$")
IN_PROJECT = Text("a path inside the project, relative and with /", r"^(?![A-Za-z]:)[^/\\\x00-\x1f][^\\\x00-\x1f]*$")
EXPRESSION = Text("a regular expression that is not empty", r"[\s\S]", _regular_expression)

WHEELS = Table((
    Field("python", ListOf(PAIR, "interpreter and ABI tags", 1), "The interpreters and ABIs of these wheels.",
          '["cp310-abi3"]', required=True),
    Field("platforms", ListOf(PLATFORM, "platform tags", 1), "The platform tags of these wheels, one each.",
          '["win_amd64", "macosx_11_0_arm64"]', required=True),
))  # fmt: skip  # one row per key

# The builder replaces these words of a command.
PLACEHOLDERS = ("{output}", "{arch}", "{target}", "{glibc}")
OUTPUT_COMMAND = Words(ANY, "strings", 1, PLACEHOLDERS[0])

PAYLOAD = Table((
    Field("name", TEXT, "The name of the file, which is that of Cargo's binary or library.", '"tool"', required=True),
    Field("kind", Choice(get_args(PayloadKind)), "What the file is; an object runs on no CPU of the release (eBPF).",
          '"executable"', required=True),
    Field("path", IN_WHEEL, "Where it is in the wheel; `.data/` stands for the wheel's own NAME-VERSION.data/.",
          '"pkg/bin/tool"', required=True),
    Field("package", TEXT, "The Cargo package that builds it.", '"tool-cli"', unset="the value of `name`"),
    Field("workspace", IN_PROJECT, "The folder of another Cargo workspace that builds it, with its own toolchain.",
          '"ebpf"', unset="the workspace of `[tool.wheelcheck.build]`"),
    Field("source", IN_PROJECT, "The C source of an object.", '"bpf/probe.bpf.c"', unset="Cargo builds it",
          excludes=("package", "workspace", "target", "command", "from"), only_for=("kind", "object")),
    Field("command", OUTPUT_COMMAND, "The command that builds it, without a shell. It writes the file `{output}`; "
          "`{arch}`, `{target}` and `{glibc}` stand for the CPU, its Rust target and the floor.",
          '["go", "build", "-o", "{output}", "./cmd/tool"]', unset="Cargo builds it",
          excludes=("package", "workspace", "target", "from")),
    Field("directory", IN_PROJECT, "The folder that `command` is started in.", '"go"', unset="the project's folder",
          needs="command"),
    Field("environment", Named(ANY, "strings"), "Environment variables for `command`.", '{ CGO_ENABLED = "0" }',
          unset="those of the build", needs="command"),
    Field("from", Choice(("backend",)), "With `backend`, the build backend builds it: its wheel must hold the file, "
          "which is checked as other payload is.", '"backend"', unset="the builder builds it and adds it to the wheel",
          excludes=("package", "workspace", "target")),
    Field("target", TEXT, "The Rust target of an object.", '"bpfel-unknown-none"', unset="the CPU of the wheel",
          only_for=("kind", "object")),
))  # fmt: skip

OUTPUT = Table((
    Field("package", TEXT, "The Cargo package whose build script writes the file.", '"tool-bpf"', required=True),
    Field("path", IN_WHEEL, "Where it is in the OUT_DIR of that build script.", '"probe.bpf.o"', required=True),
    Field("kind", Choice(get_args(PayloadKind)), "What the file is, as for payload.", '"object"', required=True),
))  # fmt: skip

IGNORE = Table((
    Field("code", CODE, "The rule.", '"WC301"', required=True),
    Field("reason", TEXT, "Why the finding is acceptable. Every report repeats it.",
          '"libraries for the device, not for the host"', required=True),
    Field("path", TEXT, "A glob for files in the artifact; `*` also matches slashes.", '"pkg/sysroot/*"', default="*"),
    Field("artifact", TEXT, "A glob for names of artifacts.", '"*-win_amd64.whl"', default="*"),
))  # fmt: skip

SEVERITY = Table((
    Field("code", CODE, "The rule.", '"WC302"', required=True),
    Field("level", Choice(get_args(Severity)), "The severity that its findings get.", '"warning"', required=True),
    Field("reason", TEXT, "Why the project judges differently. Every report repeats it.",
          '"the launcher sets the exec bit before it starts the tool"', required=True),
    Field("path", TEXT, "A glob for files in the artifact; `*` also matches slashes.", '"pkg/bin/*"', default="*"),
    Field("artifact", TEXT, "A glob for names of artifacts.", '"*-win_amd64.whl"', default="*"),
))  # fmt: skip

BUILD = Table((
    Field("workspace", IN_PROJECT, "The folder of the Cargo.toml.", '"rust"', default="."),
    Field("keep-environment", NAMES, "Environment variables that the build keeps, such as an intentional RUSTC.",
          '["RUSTC"]', default=[]),
    Field("features", NAMES, "The Cargo features to build with, in that workspace.", '["cli"]', default=[]),
    Field("default-features", Boolean(), "Whether Cargo's default features are on.", "false", default=True),
    Field("wheel", Choice(("backend", "payload")), "What a wheel consists of: everything that the build backend makes, "
          "or with `payload` only the backend's metadata and the payload, and the backend compiles nothing.",
          '"payload"', default="backend"),
    Field("config-settings", Named(OneOrMore(ANY, "strings"), "strings or arrays of strings"), "What the build backend "
          "is told when it makes a wheel, as with `pip install --config-settings`.",
          '{ "--build-option" = "--py-limited-api=cp310" }', default={}),
    Field("environment", Named(ANY, "strings"), "Environment variables for everything that the build starts.",
          '{ TOOL_WITH_TLS = "1" }', default={}),
    Field("directory", IN_PROJECT, "The folder of the Python project (its pyproject.toml) below this configuration, "
          "for a repository whose Cargo workspace is above it.", '"python"', default="."),
    Field("accept-warnings", ListOf(EXPRESSION, "regular expressions"), "Warnings of Cargo build scripts that do not "
          "stop the build. Any other does if it speaks of a stub, a failure or something missing.", '["tests/helper"]',
          default=[]),
))  # fmt: skip

COMMAND = Table((
    Field("run", ListOf(ANY, "strings", 1), "The command and its arguments.", '["tool", "--version"]',
          required=True),
    Field("expect", EXPRESSION, "A regular expression that the output must match.", '"tool [0-9]+"', required=True),
    Field("status", Integer(), "The exit status.", "2", default=0),
    Field("needs", ListOf(Choice(KERNEL_NEEDS), "strings"), "What the command needs of the kernel: "
          f"{', '.join(KERNEL_NEEDS)}. It is skipped on a machine that lacks it.", '["ptrace"]', default=[]),
))  # fmt: skip

SMOKE = Table((
    Field("commands", Tables(COMMAND), "Commands to run from the installed wheel.",
          '[{ run = ["tool", "--version"], expect = "tool [0-9]+" }]', default=[]),
))  # fmt: skip

EVIDENCE = Table((
    Field("folder", IN_PROJECT, "The folder of the statements, relative to the project.", '"evidence"',
          unset="`--evidence` names it, or no evidence is asked for"),
    Field("proofs", ListOf(Choice(PROOFS), "strings"), "What must have been proven of every wheel.",
          '["smoke", "roundtrip"]', default=["smoke"]),
    Field("native", Boolean(), "Whether the CPU of a wheel must be a real one, not an emulated one.", "true",
          default=False),
))  # fmt: skip

SETTINGS = Table((
    Field("glibc", GLIBC, "The oldest glibc that the Linux wheels run on, in quotes.", '"2.28"', default="2.17"),
    Field("architectures", ListOf(CPU, "CPU names"), "The CPUs that Linux wheels are built for: names or aliases from "
          "docs/architectures.md.", '["x86_64", "aarch64"]', default=[]),
    Field("python", ListOf(PAIR, "interpreter and ABI tags"), "The interpreters and ABIs of the wheels, each for every "
          "architecture; `cp311` is short for `cp311-cp311`.", '["cp311", "cp310-abi3", "py3-none"]', default=[]),
    Field("sdist", Boolean(), "Whether the release contains an sdist. With `false` the builder builds the wheels from "
          "a clean copy of the sources.", "true", unset="an sdist is optional, and the builder builds one"),
    Field("max-file-size", Integer(), "How many MiB a file may have on the index of the project.", "300",
          unset="100 MiB, the limit of PyPI, and a larger file is a note"),
    Field("wheels", Tables(WHEELS), "More wheels that the release contains: every one of `python` on every one of "
          "`platforms`.", '[{ python = ["cp311"], platforms = ["win_amd64"] }]', default=[]),
    Field("payload", Tables(PAYLOAD, unique="path"), "Native files that every wheel contains. The builder builds them.",
          '[{ name = "tool", kind = "executable", path = "pkg/bin/tool" }]', default=[]),
    Field("ignore", Tables(IGNORE), "Findings that the project accepts.",
          '[{ code = "WC301", reason = "libraries for the device" }]', default=[]),
    Field("severity", Tables(SEVERITY), "Findings whose severity the project changes. Of several entries for one "
          "finding, the first counts; `ignore` outranks them.",
          '[{ code = "WC302", level = "warning", reason = "the launcher sets the exec bit" }]', default=[]),
    Field("evidence", EVIDENCE, "The evidence without which no file is released, as with `check --evidence`.",
          '{ proofs = ["smoke", "roundtrip"] }', default={}),
    Field("strict", Boolean(), "Whether every warning becomes an error, as with `wheelcheck check --strict`.", "true",
          default=False),
    Field("outputs", Tables(OUTPUT), "Files that build scripts of Cargo packages must have made, such as an object "
          "that a program embeds. Each is checked as payload is.",
          '[{ package = "tool-bpf", path = "probe.bpf.o", kind = "object" }]', default=[], part="builder"),
    Field("build", BUILD, "How the builder builds.", '{ workspace = "rust" }', default={}, part="builder"),
    Field("smoke", SMOKE, "How the builder tests an installed wheel.",
          '{ commands = [{ run = ["tool", "--version"], expect = "tool [0-9]+" }] }', default={}, part="builder"),
))  # fmt: skip


# The configuration as a JSON Schema, for editors and for validate-pyproject.

FILE = "config-1.json"
_DRAFT_07 = "http://json-schema.org/draft-07/schema#"  # the only one that validate-pyproject takes


def generate() -> str:
    """Return the text of the schema file that ships, written by `python -m tools.docs`.

    The number in its `$id` grows when a key changes its meaning or is removed; a new key does not change it.
    """
    import json  # noqa: PLC0415  # slow to import

    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:wheelcheck:config:1",
        "title": "Configuration of wheelcheck: [tool.wheelcheck] in pyproject.toml, or the whole of wheelcheck.toml",
        "description": "Version 1. The version grows when a key changes its meaning or is removed. Names of CPUs, "
        "regular expressions, duplicates and folders are checked by wheelcheck itself.",
        **SETTINGS.schema(),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def for_validate_pyproject(_tool: str) -> dict[str, Any]:
    """Return the schema of `[tool.$tool]` in draft 7: the entry point for `validate_pyproject.tool_schema`."""
    import json  # noqa: PLC0415  # slow to import
    from importlib import resources  # noqa: PLC0415

    text = (resources.files("wheelcheck.config") / "schema" / FILE).read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return {**schema, "$schema": _DRAFT_07}
