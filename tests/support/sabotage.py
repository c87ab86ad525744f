"""What can happen to a release that is handed over: acts on wheels, sdist and evidence, and on bundles on their way."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.support.handed_over import TOOL, Release
from tests.support.native import native
from tests.support.reference import rewritten
from wheelcheck.builder import handover

Act = Callable[[Release], object]
OnTheWay = Callable[[Release, Release, Path], object]  # the release, one of an older commit, the folder of bundles


def member(wheel: Path, path: str) -> tuple[str, bytes, int]:
    """Return the name, content and mode of the member whose name begins so."""
    with zipfile.ZipFile(wheel) as archive:
        info = next(info for info in archive.infolist() if info.filename.startswith(path))
        return info.filename, archive.read(info), info.external_attr >> 16


def swap(path: str, content: bytes | None = None, mode: int = 0, cpu: str = "x86_64") -> Act:
    """Exchange a member of a wheel, with a RECORD that fits; without content, something is added to its own."""

    def act(handed: Release) -> None:
        name, before, had = member(handed.wheel(cpu), path)
        rewritten(handed.wheel(cpu), name, before + b"\n" if content is None else content, mode or had)

    return act


def added(path: str, content: bytes, mode: int = 0o100755) -> Act:
    """Add a member to a wheel, with a RECORD that fits."""

    def act(handed: Release) -> None:
        with zipfile.ZipFile(handed.wheel("x86_64"), "a") as archive:
            archive.writestr(zipfile.ZipInfo(path), b"")
        rewritten(handed.wheel("x86_64"), path, content, mode)

    return act


def removed(path: str) -> Act:
    """Remove a member of a wheel, with a RECORD that fits."""

    def act(handed: Release) -> None:
        name, _, mode = member(handed.wheel("x86_64"), path)
        rewritten(handed.wheel("x86_64"), name, None, mode)

    return act


def record_only(handed: Release) -> None:
    """Edit RECORD alone."""
    with zipfile.ZipFile(handed.wheel("x86_64")) as archive:
        members = [(info, archive.read(info)) for info in archive.infolist()]
    with zipfile.ZipFile(handed.wheel("x86_64"), "w", zipfile.ZIP_DEFLATED) as archive:
        for info, data in members:
            archive.writestr(info, data.replace(b"sha256=", b"sha256=A") if info.filename.endswith("RECORD") else data)


def payload_and_manifest(handed: Release) -> None:
    """Exchange a program, and what the manifest of its stage says of it."""
    content = native("x86_64")
    before = member(handed.wheel("x86_64"), TOOL)[1]
    swap(TOOL, content)(handed)
    text = handed.manifest("x86_64").read_text()
    for old, new in ((_sha256(before), _sha256(content)), (f'"size": {len(before)}', f'"size": {len(content)}')):
        assert old in text
        text = text.replace(old, new)
    handed.manifest("x86_64").write_text(text)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def sdist_with(path: str, content: bytes) -> Act:
    """Exchange or add a file of the sdist."""

    def act(handed: Release) -> None:
        with tarfile.open(handed.sdist) as archive:
            held = [(one, archive.extractfile(one)) for one in archive]
            files = {one.name: content.read() if content else b"" for one, content in held if one.isreg()}
        with tarfile.open(handed.sdist, "w:gz") as archive:
            for name, data in {**files, f"demo-1.0/{path}": content}.items():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))

    return act


def written(name: str, content: bytes | None = None, keep: int = 0) -> Act:
    """Replace the whole content of a wheel or the sdist, or keep only the first bytes (`keep`: one part in as many)."""

    def act(handed: Release) -> None:
        file = handed.sdist if name == "sdist" else handed.wheel(name)
        file.write_bytes(file.read_bytes()[: file.stat().st_size // keep] if content is None else content)

    return act


def renamed(old: str, new: str) -> Act:
    """Rename the wheel of a CPU."""

    def act(handed: Release) -> None:
        wheel = handed.wheel("x86_64")
        assert old in wheel.name
        wheel.rename(wheel.with_name(wheel.name.replace(old, new)))

    return act


def packed_again(handed: Release) -> None:
    """Compress the sdist again: the same content in other bytes."""
    handed.sdist.write_bytes(gzip.compress(gzip.decompress(handed.sdist.read_bytes()), mtime=1))


def second_wheel(handed: Release) -> None:
    wheel = handed.wheel("x86_64")
    shutil.copy(wheel, wheel.with_name(wheel.name.replace("cp31", "cp30", 1)))


def lost(what: str) -> Act:
    """Leave out the wheel, the statement or the manifest of a CPU, or the sdist."""
    return lambda handed: {
        "wheel": handed.wheel("aarch64"),
        "statement": handed.statement("aarch64"),
        "manifest": handed.manifest("aarch64"),
        "sdist": handed.sdist,
    }[what].unlink()


def unreadable(handed: Release) -> None:
    handed.statement("x86_64").write_text('{"_type": "https://in-toto.io/Statement/v1"')


def stated_for_another_file(handed: Release) -> None:
    document = handed.document("x86_64")
    document["subject"][0]["name"] = document["subject"][0]["name"].replace("demo-1.0", "demo-1.1")
    handed.statement("x86_64").write_text(json.dumps(document))


def contradicted(handed: Release) -> None:
    document = handed.document("x86_64")
    document["subject"][0]["digest"]["sha256"] = "0" * 64
    handed.statement("x86_64").with_name("x86_64-another.json").write_text(json.dumps(document))


def stated(name: str, **predicate: object) -> Act:
    return lambda handed: handed.restate(name, **predicate)


def stated_by_all(**predicate: object) -> Act:
    """Change all statements in the same way, so that they agree with each other."""

    def act(handed: Release) -> None:
        for name in ("sdist", "x86_64", "aarch64"):
            handed.restate(name, **predicate)

    return act


def flipped(name: str) -> OnTheWay:
    """Flip one bit in the middle of a bundle."""

    def act(_handed: Release, _older: Release, bundles: Path) -> None:
        content = bytearray((bundles / name).read_bytes())
        content[len(content) // 2] ^= 1
        (bundles / name).write_bytes(content)

    return act


def halved(name: str) -> OnTheWay:
    """Keep the first half of a bundle."""

    def act(_handed: Release, _older: Release, bundles: Path) -> None:
        content = (bundles / name).read_bytes()
        (bundles / name).write_bytes(content[: len(content) // 2])

    return act


def undelivered(name: str) -> OnTheWay:
    """Lose a bundle."""
    return lambda _handed, _older, bundles: (bundles / name).unlink()


def delivered_for(name: str, other: str) -> OnTheWay:
    """Deliver a bundle in place of another one, too."""
    return lambda _handed, _older, bundles: shutil.copy(bundles / name, bundles / other)


def from_older(*names: str) -> OnTheWay:
    """Replace bundles by those of the older commit."""

    def act(_handed: Release, older: Release, bundles: Path) -> None:
        for name in names:
            (bundles / f"{name}.tar").unlink()
            handover.pack(older.trees[name], bundles / f"{name}.tar", "**/*")

    return act


def second_of_one_name(_handed: Release, older: Release, bundles: Path) -> None:
    """Deliver one more bundle, with a wheel of the older commit."""
    handover.pack(older.trees["x86_64"], bundles / "x86_64-2.tar", "dist/*.whl")


def with_member(name: str, path: str, link: str = "") -> OnTheWay:
    """Add a member to a bundle, and list it; with `link`, a symbolic one."""

    def act(_handed: Release, _older: Release, bundles: Path) -> None:
        with tarfile.open(bundles / name) as archive:
            held = [(one, archive.extractfile(one)) for one in archive]
            (head, text), *files = [(one, content.read() if content else b"") for one, content in held]
        item = {"path": path, "mode": 0o644, "size": 0, "sha256": hashlib.sha256().hexdigest()}
        listed = json.dumps([*json.loads(text), item]).encode()
        head.size, extra = len(listed), tarfile.TarInfo(path)
        extra.type, extra.linkname = (tarfile.SYMTYPE, link) if link else (tarfile.REGTYPE, "")
        with tarfile.open(bundles / name, "w") as archive:
            for one, content in ((head, listed), *files, (extra, b"")):
                archive.addfile(one, io.BytesIO(content))

    return act


def left_over(name: str, content: bytes = b"") -> OnTheWay:
    """Put a file of an earlier run into the dist folder of the gate job: the wheel for macOS under another name."""

    def act(handed: Release, _older: Release, _bundles: Path) -> None:
        (handed.checkout / "dist").mkdir(exist_ok=True)
        (handed.checkout / "dist" / name).write_bytes(content or handed.wheel("macos").read_bytes())

    return act


def brought_without_bundle(handed: Release, older: Release, bundles: Path) -> None:
    """Put the wheel for macOS into the dist folder without the bundle of its machine."""
    (bundles / "macos.tar").unlink()
    left_over(handed.wheel("macos").name)(handed, older, bundles)
