"""A finished wheel: the backend's wheel with the staged payload, the platform tag and a new RECORD.

The interpreter and ABI tags of the backend, which knows the Python it compiled for, must be the configured ones. The
platform tag is the target's, because the builder chose the CPU and the glibc floor. Staged binaries never pass through
a backend: each backend would need its own settings, and several would pack the binaries into an sdist.

`in_container` runs this module in cibuildwheel's containers, where only wheelcheck, pyelftools and packaging exist.
"""

from __future__ import annotations

import hashlib
import stat
from pathlib import PurePosixPath
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from packaging.utils import parse_wheel_filename

from wheelcheck.binary import read_binary
from wheelcheck.builder import dist, native_files
from wheelcheck.builder.run import BuildError
from wheelcheck.facts.file_names import member_path
from wheelcheck.platforms.suffixes import is_extension_module
from wheelcheck.source import Bytes
from wheelcheck.typed import TYPE_CHECKING
from wheelcheck.wheel_writer import expanded_tags, record_text, with_field, write

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from wheelcheck.binary.model import Binary
    from wheelcheck.builder.reproducible import Date
    from wheelcheck.builder.stage import Promised, Stage, Staged
    from wheelcheck.builder.toolchain import Target

Pair = tuple[str, str]  # interpreter and ABI tag: ("cp310", "abi3")
Members = dict[str, tuple[ZipInfo, bytes]]


def tagged_name(built: str, pair: Pair, target: Target) -> str:
    """Return the file name a backend's wheel gets. Raises BuildError if it was built for another Python."""
    tags = parse_wheel_filename(built)[3]
    found = {(tag.interpreter, tag.abi) for tag in tags}
    expected = {(python, pair[1]) for python in pair[0].split(".")}
    if not expected <= found:  # hatchling's py2.py3 may be narrowed to py3, but never the reverse
        made = "/".join(sorted(map("-".join, found)))
        option = f'[build.config-settings] "--build-option" = "--py-limited-api={pair[0]}"'
        setuptools = f" (setuptools: py_limited_api of bdist_wheel, or {option})" if pair[1] == "abi3" else ""
        fix = f"make the backend and tool.wheelcheck.python agree{setuptools}"
        raise BuildError(built, f"the backend built for {made}, the configuration asks for {'-'.join(pair)}", fix)
    return f"{built.rsplit('-', 3)[0]}-{'-'.join(pair)}-{target.platform_tag}.whl"


def assemble(  # noqa: PLR0913, PLR0917  (a wheel is made from this many parts)
    built: Path,
    name: str,
    stage: Stage,
    target: Target,
    out: Path,
    inventory: Mapping[str, bytes] | None = None,
    date: Date | None = None,
) -> Path:
    """Write `out/name`: the members of the wheel `built`, the staged files, and WHEEL and RECORD for that name.

    `inventory` holds files to add to .dist-info, by their path in it. Every member gets `date`, or the date of WHEEL if
    it is None. The same input gives the same bytes.

    Raises BuildError for native code in `built` that is neither an extension module, nor a library needed by one, nor
    promised by the stage's manifest; for a promised file that is missing or not as declared; for native code that
    `target` cannot load; for a staged path that `built` already contains; and if there is no native code at all.
    """
    with dist.reading(built), ZipFile(built) as archive:
        members = {info.filename: (info, archive.read(info)) for info in archive.infolist() if not info.is_dir()}
    folder = _info_folder(built, members)
    staged = _placed(stage, name)
    _require_free(staged, members)
    promised = {member_path(file.path, name): file for file in stage.manifest.promised}
    _require_promised(promised, members, target)
    natives = _require_loadable(members, promised, target)
    _require_any_native(built, {*natives, *staged}, target)
    date = date or members[f"{folder}/WHEEL"][0].date_time
    modes = {path: info.external_attr >> 16 for path, (info, _) in members.items()}
    contents = {path: content for path, (_, content) in members.items()}
    written = {f"{folder}/WHEEL": _wheel_text(contents[f"{folder}/WHEEL"].decode(), name).encode()}
    written |= {f"{folder}/{path}": content for path, content in (inventory or {}).items()}
    contents |= {path: stage.file(file).read_bytes() for path, file in staged.items()} | written
    modes |= {path: file.mode for path, file in staged.items()} | dict.fromkeys(written, 0o644)
    record = f"{folder}/RECORD"
    paths = sorted(contents.keys() - {record}, key=_place)
    entries = [(_info(path, date, modes[path]), contents[path]) for path in paths]
    sealed = record_text([*_rows(entries), (record, "", 0)]).encode()
    return write(out / name, [*entries, (_info(record, date, 0o644), sealed)])


def require_record(wheel: Path, stage: Stage) -> None:
    """Raise BuildError unless every staged file is in `wheel`, byte for byte, as a regular file with its mode."""
    with dist.reading(wheel), ZipFile(wheel) as archive:
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
        raise BuildError(built.name, f"it has {len(folders)} .dist-info/WHEEL files, not one", "fix the build backend")
    return folders[0]


def _placed(stage: Stage, wheel: str) -> dict[str, Staged]:
    return {member_path(file.path, wheel): file for file in stage.manifest.files}


def _require_free(staged: Mapping[str, Staged], members: Members) -> None:
    if taken := sorted(staged.keys() & members):
        fix = 'remove it there, wheelcheck adds it (wheel = "payload" if the backend builds nothing else); or keep the'
        fix += ' backend\'s own with from = "backend" in [[tool.wheelcheck.payload]]'
        raise BuildError(taken[0], "the wheel built by the backend already contains this file", fix)


def _require_promised(promised: Mapping[str, Promised], members: Members, target: Target) -> None:
    """Raise BuildError for payload that the backend must make and did not make as it is declared."""
    for path, file in promised.items():
        if path not in members:
            fix = "make the backend install it there, or correct its path in [[tool.wheelcheck.payload]]"
            raise BuildError(path, "the wheel built by the backend does not contain this payload", fix)
        info, content = members[path]
        native_files.require_native(path, content, file.kind, target)
        mode = 0o755 if info.external_attr >> 16 & 0o111 else 0o644
        if mode != file.mode:
            problem = f"the backend gave it mode {mode:04o}, but a native {file.kind} must have {file.mode:04o}"
            raise BuildError(path, problem, "set it in the backend (CMake: install(PROGRAMS …) or install(TARGETS …))")


def _require_loadable(members: Members, promised: Collection[str], target: Target) -> Collection[str]:
    """Return the paths of native code. Raises BuildError for what no backend may pack, or the target cannot load."""
    read = ((path, read_binary("", Bytes(content))) for path, (_, content) in members.items())
    natives = {path: binary for path, binary in read if binary}
    expected = _modules_and_their_libraries(natives, promised)
    for path, binary in natives.items():
        if path not in expected:
            fix = (
                f'if it belongs there, declare it in [[tool.wheelcheck.payload]] with path = "{path}" and'
                ' from = "backend"; if not, keep it out of the wheel'
            )
            problem = f"the build backend put this {binary.format} file into the wheel, and no payload declares it"
            raise BuildError(path, problem, fix)
        if path not in promised:
            native_files.require_loadable(path, binary, target)
    return natives


def _require_any_native(built: Path, natives: Collection[str], target: Target) -> None:
    """Raise BuildError for a wheel without native code: a platform tag would promise some."""
    if not natives:
        problem = f"it gets no tag {target.platform_tag}: neither the build backend nor a payload gave it native code"
        fix = "declare what is missing in [[tool.wheelcheck.payload]] or make the backend build it"
        raise BuildError(built.name, problem, f"{fix}; a project without native code needs no builder")


def _modules_and_their_libraries(natives: Mapping[str, Binary], promised: Collection[str]) -> set[str]:
    """Return the paths of extension modules, of promised files and of the libraries they need, directly or indirectly.

    `auditwheel repair` copies a C library into `NAME.libs/` under a unique file name, and writes that name into
    DT_NEEDED of every file that needs it; the loader looks for that file name.
    """
    expected: set[str] = set()
    waiting = [path for path in natives if is_extension_module(path) or path in promised]
    while waiting:
        path = waiting.pop()
        if path not in expected:
            expected.add(path)
            needed = {name for slice_ in natives[path].slices for name in slice_.needed}
            waiting += [other for other in _libraries(natives) if PurePosixPath(other).name in needed]
    return expected


def _libraries(natives: Mapping[str, Binary]) -> Iterable[str]:
    return (path for path, binary in natives.items() if binary.kinds == {"library"})


def _wheel_text(text: str, name: str) -> str:
    """Return the WHEEL file of a platform wheel: the other fields, and every tag of the compressed set."""
    return with_field(with_field(text, "Root-Is-Purelib", ["false"]), "Tag", expanded_tags(name))


def _rows(entries: Iterable[tuple[ZipInfo, bytes]]) -> Iterable[tuple[str, str, int]]:
    return ((info.filename, hashlib.sha256(data).hexdigest(), len(data)) for info, data in entries)


def _place(path: str) -> tuple[bool, str]:
    """Order members by name, .dist-info last, as the wheel specification recommends."""
    return path.partition("/")[0].endswith(".dist-info"), path


def _info(path: str, date: Date, mode: int) -> ZipInfo:
    """Return a regular file's header. Its mode is 0755 or 0644: installers keep only the x bits."""
    info = ZipInfo(path, date)
    info.create_system = 3  # Unix; for other systems the mode is ignored
    info.external_attr = (stat.S_IFREG | (0o755 if mode & 0o111 else 0o644)) << 16
    info.compress_type = ZIP_DEFLATED
    return info


def _described(info: ZipInfo, content: bytes) -> str:
    return _description(hashlib.sha256(content).hexdigest(), info.external_attr >> 16)


def _description(sha256: str, mode: int) -> str:
    return f"sha256 {sha256}, mode {mode:06o}"
