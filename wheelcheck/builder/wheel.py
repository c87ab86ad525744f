"""Wheels: what the backend builds, the staged payload added to it, tag and RECORD written."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import stat
import sys
from pathlib import Path
from subprocess import CalledProcessError
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from build import BuildBackendException, BuildException, ProjectBuilder
from build.env import DefaultIsolatedEnv
from packaging.tags import parse_tag
from packaging.utils import parse_wheel_filename

from wheelcheck.binary import read_binary
from wheelcheck.builder import payload
from wheelcheck.builder import run as process
from wheelcheck.builder.run import BuildError, Command
from wheelcheck.facts.dist_info import headers_of, member_path
from wheelcheck.platforms.suffixes import is_extension_module
from wheelcheck.source import Bytes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wheelcheck.builder.run import Log
    from wheelcheck.builder.stage import Stage, Staged
    from wheelcheck.builder.toolchain import Target


# Wheels: the backend compiles from the unpacked sdist, the bench lays in the staged tree and sets the platform tag.
#
# A backend knows which Python ABI it compiled for; the bench knows the CPU and the floor it made the backend compile
# for. So interpreter and ABI tag must be what the configuration says, and the platform tag is the target's. The staged
# binaries never pass through a backend: each would need its own settings, and several would pack them into an sdist.

Pair = tuple[str, str]


def build_command(tree: Path, out: Path, env: Mapping[str, str]) -> Command:
    """Return the command that builds the backend's own wheel of `tree` into `out`."""
    return Command((sys.executable, "-m", "build", "--wheel", "--outdir", str(out), str(tree)), tree, env)


def require_buildable(pair: Pair, *, cross: bool) -> None:
    """Raise BuildError for an interpreter and ABI that this interpreter cannot compile for.

    abi3 and none serve any later interpreter; another ABI needs that very interpreter, on that very CPU.
    """
    running = f"cp{sys.version_info.major}{sys.version_info.minor}"
    subject = f"python {'-'.join(pair)}"
    fix = f"build it under {pair[0]}, or use cibuildwheel, which builds one wheel per Python"
    if pair[1] not in ("abi3", "none") and (pair[0] != running or cross):
        raise BuildError(subject, f"{running} cannot compile for it{' for another CPU' if cross else ''}", fix)
    if pair[1] == "abi3" and _minor(pair[0]) > sys.version_info.minor:
        raise BuildError(subject, f"{running} is too old to compile for it", fix)


def tagged_name(built: str, pair: Pair, target: Target) -> str:
    """Return the name a backend's wheel gets. Raises BuildError where it was built for another Python or CPU."""
    tags = parse_wheel_filename(built)[3]
    found = {(tag.interpreter, tag.abi) for tag in tags}
    expected = {(python, pair[1]) for python in pair[0].split(".")}
    if not expected <= found:  # hatchling's py2.py3 may be narrowed to py3; nothing may be widened
        made = "/".join(sorted(map("-".join, found)))
        fix = "make the backend and tool.wheelcheck.python agree (setuptools: bdist_wheel's py_limited_api)"
        raise BuildError(built, f"the backend built for {made}, the configuration asks for {'-'.join(pair)}", fix)
    return f"{built.rsplit('-', 3)[0]}-{'-'.join(pair)}-{target.platform_tag}.whl"


def _minor(python: str) -> int:
    return int(python.removeprefix("cp3") or 0)


# A wheel of metadata alone, from a backend that is never asked to compile; the bench lays the payload into it.
#
# For projects whose wheels hold nothing but programs (maturin's `bindings = "bin"`): their backend would compile the
# same programs again, for this machine's CPU and C library. PEP 517's prepare_metadata_for_build_wheel has the rest.


def build(tree: Path, out: Path, env: Mapping[str, str], log: Log) -> Path:
    """Return a wheel in `out` that holds the .dist-info the backend of `tree` prepares. Raises BuildError."""

    def run(cmd: Sequence[str], cwd: str | None = None, extra_environ: Mapping[str, str] | None = None) -> None:
        process.run(Command(tuple(cmd), Path(cwd or tree), {**env, **(extra_environ or {})}), log)

    try:
        with DefaultIsolatedEnv() as isolated:
            builder = ProjectBuilder.from_isolated_env(isolated, tree, runner=run)
            isolated.install(builder.build_system_requires)
            isolated.install(builder.get_requires_for_build("wheel"))
            prepared = builder.prepare("wheel", out)
    except (BuildException, BuildBackendException, CalledProcessError) as problem:
        told = f"{problem}\n{_output(problem)}".strip()
        fix = "fix the build backend's configuration"
        raise BuildError(tree, f"the build backend could not prepare the metadata: {told}", fix) from problem
    if prepared is None:
        fix = 'remove wheel = "payload" from tool.wheelcheck.build'
        raise BuildError(tree, "its build backend has no prepare_metadata_for_build_wheel", fix)
    return pack(Path(prepared))


def _output(problem: Exception) -> str:
    """Return what a pip that failed wrote, which `build` keeps to itself."""
    streams = (getattr(problem, name, None) or b"" for name in ("stdout", "stderr"))
    return "".join(text.decode(errors="replace") if isinstance(text, bytes) else str(text) for text in streams)


def pack(folder: Path) -> Path:
    """Write a prepared .dist-info folder as a wheel beside it, named for the tags in its WHEEL. Raises BuildError."""
    file = folder / "WHEEL"
    texts = headers_of(file.read_text("utf-8")).get_all("Tag", []) if file.is_file() else []
    tags = [tag for text in texts for tag in parse_tag(text)]
    if not tags:
        raise BuildError(folder, "the build backend prepared no WHEEL file with a Tag", "update the build backend")
    sets = (sorted({getattr(tag, part) for tag in tags}) for part in ("interpreter", "abi", "platform"))
    wheel = folder.parent / "-".join([folder.name.removesuffix(".dist-info"), *(".".join(one) for one in sets)])
    wheel = wheel.with_name(f"{wheel.name}.whl")
    with ZipFile(wheel, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder.parent).as_posix())
    return wheel


# Lay a staged tree into the wheel a backend built: payload, modes, tag and RECORD in one deterministic rewrite.

Date = tuple[int, int, int, int, int, int]
Members = dict[str, tuple[ZipInfo, bytes]]


def assemble(  # noqa: PLR0913, PLR0917  (a wheel has as many ingredients)
    built: Path,
    name: str,
    stage: Stage,
    target: Target,
    out: Path,
    more: Mapping[str, bytes] | None = None,
    date: Date | None = None,
) -> Path:
    """Write `out/name`: every member of the wheel `built`, the staged files, and WHEEL and RECORD for that name.

    `more` are further files of .dist-info by their path in it. Every member gets `date`, without one that of WHEEL.

    Raises BuildError for native code in `built` that is no extension module for `target`, and for a staged path that
    `built` holds already.
    """
    with ZipFile(built) as archive:
        members = {info.filename: (info, archive.read(info)) for info in archive.infolist() if not info.is_dir()}
    folder = _info_folder(built, members)
    wheel_path, record_path = f"{folder}/WHEEL", f"{folder}/RECORD"
    free = _free(stage, name, members)
    _require_declared(members, target)
    date = date or members[wheel_path][0].date_time
    own = {wheel_path, record_path, *(f"{folder}/{path}" for path in more or {})}
    kept = [
        (_info(path, date, members[path][0].external_attr >> 16), members[path][1])
        for path in members
        if path not in own
    ]
    staged = [(_info(path, date, file.mode), stage.file(file).read_bytes()) for path, file in free.items()]
    wheel = (_info(wheel_path, date, 0o644), _wheel_text(members[wheel_path][1].decode(), name).encode())
    added = [(_info(f"{folder}/{path}", date, 0o644), content) for path, content in (more or {}).items()]
    entries = sorted([*kept, *staged, wheel, *added], key=_place)
    return _write(out / name, [*entries, (_info(record_path, date, 0o644), _record(entries, record_path))])


def require_record(wheel: Path, stage: Stage) -> None:
    """Raise BuildError unless every staged file is in `wheel`, byte for byte, a regular file with its mode."""
    with ZipFile(wheel) as archive:
        infos = {info.filename: info for info in archive.infolist()}
        for path, staged in _placed(stage, wheel.name).items():
            info = infos.get(path)
            found = _described(info, archive.read(info)) if info else "no such file"
            expected = _description(staged.sha256, stat.S_IFREG | staged.mode)
            if found != expected:
                problem = f"the wheel has {found}, but {expected} was staged"
                raise BuildError(f"{wheel.name}: {path}", problem, "build the wheel again")


def _info_folder(built: Path, members: Members) -> str:
    folders = [name.partition("/")[0] for name in members if name.endswith(".dist-info/WHEEL") and name.count("/") == 1]
    if len(folders) != 1:
        raise BuildError(
            built.name, f"it holds {len(folders)} .dist-info/WHEEL files, not one", "fix the build backend"
        )
    return folders[0]


def _require_declared(members: Members, target: Target) -> None:
    for path, (_, content) in members.items():
        binary = read_binary("", Bytes(content))
        if binary is None:
            continue
        if not is_extension_module(path):
            fix = "declare it in [[tool.wheelcheck.payload]], or keep it out of the wheel"
            raise BuildError(path, f"the build backend packed an undeclared {binary.format} file", fix)
        payload.require_loadable(path, binary, target)


def _placed(stage: Stage, wheel: str) -> dict[str, Staged]:
    return {member_path(file.path, wheel): file for file in stage.record.files}


def _free(stage: Stage, wheel: str, members: Members) -> dict[str, Staged]:
    placed = _placed(stage, wheel)
    if taken := sorted(placed.keys() & members):
        fix = 'remove it there, wheelcheck adds it (wheel = "payload" if the backend builds nothing else)'
        raise BuildError(taken[0], "the wheel built by the backend already contains this file", fix)
    return placed


def _wheel_text(text: str, name: str) -> str:
    """Return the WHEEL file for a platform wheel of this name: its own fields, and every tag of the compressed set."""
    kept = [line for line in text.splitlines() if line and not line.startswith(("Tag:", "Root-Is-Purelib:"))]
    python, abi, platform = name.removesuffix(".whl").rsplit("-", 3)[1:]
    sets = ((one, two, three) for one in python.split(".") for two in abi.split(".") for three in platform.split("."))
    return "\n".join([*kept, "Root-Is-Purelib: false", *(f"Tag: {'-'.join(tag)}" for tag in sets), ""])


def _record(entries: list[tuple[ZipInfo, bytes]], own_path: str) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for info, data in entries:
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        writer.writerow((info.filename, f"sha256={digest}", len(data)))
    writer.writerow((own_path, "", ""))
    return out.getvalue().encode()


def _place(entry: tuple[ZipInfo, bytes]) -> tuple[bool, str]:
    """Order members: .dist-info last, as the wheel specification recommends, and by name, whatever the file system."""
    path = entry[0].filename
    return path.partition("/")[0].endswith(".dist-info"), path


def _info(path: str, date: Date, mode: int) -> ZipInfo:
    info = ZipInfo(path, date)
    info.create_system = 3  # Unix: without it nobody reads the mode
    info.external_attr = (stat.S_IFREG | mode) << 16
    return info


def _write(path: Path, entries: list[tuple[ZipInfo, bytes]]) -> Path:
    partial = path.with_name(f"{path.name}.partial")
    with ZipFile(partial, "w", ZIP_DEFLATED) as archive:
        for info, data in entries:
            # the one fact of a mode that installers keep: neither a umask nor a backend without modes shows
            mode = 0o755 if info.external_attr >> 16 & 0o111 else 0o644
            archive.writestr(_info(info.filename, info.date_time, mode), data, ZIP_DEFLATED)
    return partial.replace(path)


def _described(info: ZipInfo, content: bytes) -> str:
    return _description(hashlib.sha256(content).hexdigest(), info.external_attr >> 16)


def _description(sha256: str, mode: int) -> str:
    return f"sha256 {sha256}, mode {mode:06o}"
