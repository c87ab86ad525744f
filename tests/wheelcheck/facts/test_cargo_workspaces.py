"""What we say of an sdist's Cargo packages, held to cargo's own word: the same archive, unpacked, and asked."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest

from tests.support.artifacts import File, SdistRecipe, an_sdist, sdist
from tests.support.published import obtain
from wheelcheck.engine import examine
from wheelcheck.facts import Member, Sdist
from wheelcheck.facts.cargo_manifests import references
from wheelcheck.facts.cargo_workspaces import Orphan, Unlocked, orphans, unlocked
from wheelcheck.facts.collect import collect
from wheelcheck.facts.toml import parse_toml

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

REFUSAL = "current package believes it's in a workspace when it's not"
TOP = "demo-1.0"
ROOT = "[workspace]\nmembers = ['crates/*']\nresolver = '2'\n"


def package(name: str, more: str = "") -> str:
    return f"[package]\nname = '{name}'\nversion = '1.0.0'\nedition = '2021'\n{more}"


def crates(**manifests: str) -> SdistRecipe:
    """Return an sdist with these manifests, each with a library; `__` in a name is a slash, `root` is the top."""
    files = []
    for name, text in manifests.items():
        folder = "" if name == "root" else f"{name.replace('__', '/')}/"
        files.append(File(f"{folder}Cargo.toml", text.encode()))
        if "[package]" in text:
            files.append(File(f"{folder}src/lib.rs", b""))
    return an_sdist(*files)


def read(path: Path) -> Sdist:
    artifact = collect(path)
    assert isinstance(artifact, Sdist)
    return artifact


def asked(path: Path, folder: Path) -> dict[str, str]:
    """Unpack an sdist and return what cargo says against each of its packages; empty text for one it takes."""
    with tarfile.open(path) as archive:
        archive.extractall(folder, filter="data")
    manifests = sorted(folder.rglob("Cargo.toml"))
    owned = [manifest for manifest in manifests if "package" in parse_toml(manifest.read_text("utf-8"))]
    return {manifest.relative_to(folder).as_posix(): _ask(manifest) for manifest in owned}


def _ask(manifest: Path) -> str:
    command = ["cargo", "metadata", "--offline", "--no-deps", "--format-version", "1", "--manifest-path", str(manifest)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=manifest.parent)
    return "" if done.returncode == 0 else done.stderr


def refused(answers: dict[str, str]) -> set[str]:
    """Return the packages that cargo refuses for this reason; any other would spoil the comparison."""
    assert [said for said in answers.values() if said and REFUSAL not in said] == []
    return {manifest for manifest, said in answers.items() if said}


# --- cargo agrees ---

LAYOUTS = {
    "a member by glob": (crates(root=ROOT, crates__a=package("a")), set()),
    "a package that no glob names": (crates(root=ROOT, crates__a=package("a"), tools__c=package("c")), {"tools/c"}),
    "a package below a member": (crates(root=ROOT, crates__a=package("a"), crates__a__b=package("b")), {"crates/a/b"}),
    "an excluded folder": (
        crates(root=f"{ROOT}exclude = ['tools']\n", crates__a=package("a"), tools__c=package("c")),
        set(),
    ),
    "a folder that only begins like the excluded one": (
        crates(root=f"{ROOT}exclude = ['tool']\n", crates__a=package("a"), tools__c=package("c")),
        {"tools/c"},
    ),
    "a workspace of its own": (crates(root=ROOT, tools__c=package("c", "[workspace]\n")), set()),
    "a workspace in a workspace, and its other_file": (
        crates(root=ROOT, tools=f"{ROOT}", tools__crates__a=package("a"), tools__d=package("d")),
        {"tools/d"},
    ),
    "a root package alone": (crates(root=package("demo"), sub__c=package("c")), set()),
    "a root package with a workspace": (crates(root=package("demo", "[workspace]\n"), sub__c=package("c")), {"sub/c"}),
    "a path dependency of the root package": (
        crates(root=package("demo", "[workspace]\n[dependencies]\nc = { path = 'sub/c' }\n"), sub__c=package("c")),
        set(),
    ),
    "a path dependency of a path dependency": (
        crates(
            root=package("demo", "[workspace]\n[dependencies]\nc = { path = 'sub/c' }\n"),
            sub__c=package("c", "[dev-dependencies]\nd = { path = '../d' }\n"),
            sub__d=package("d", "[target.'cfg(unix)'.build-dependencies]\ne = { path = '../e' }\n"),
            sub__e=package("e"),
            sub__f=package("f"),
        ),
        {"sub/f"},
    ),
    "an inherited path dependency": (
        crates(
            root=f"{ROOT}[workspace.dependencies]\nc = {{ path = 'sub/c' }}\nd = {{ path = 'sub/d' }}\n",
            crates__a=package("a", "[dependencies]\nc.workspace = true\n"),
            sub__c=package("c"),
            sub__d=package("d"),
        ),
        {"sub/d"},
    ),
    "members spelled in other ways": (
        crates(
            root="[workspace]\nmembers = ['./one', 'two/', 'three/../four', 'f?ve']\nresolver = '2'\n",
            one=package("one"),
            two=package("two"),
            three=package("three"),
            four=package("four"),
            five=package("five"),
        ),
        {"three"},
    ),
    "a glob crosses no folder": (
        crates(
            root="[workspace]\nmembers = ['a*']\nresolver = '2'\n", ab=package("ab"), a__b=package("b"), a=package("a")
        ),
        {"a/b"},
    ),
    "a package that names its workspace, and one that names it in vain": (
        crates(
            root=ROOT,
            crates__a=package("a", "workspace = '../..'\n"),
            tools__c=package("c", "workspace = '../..'\n"),
        ),
        {"tools/c"},
    ),
    "an excluded package that names the workspace all the same": (
        crates(
            root=f"{ROOT}exclude = ['tools']\n",
            crates__a=package("a"),
            tools__c=package("c", "workspace = '../..'\n"),
        ),
        {"tools/c"},
    ),
    "a package that names another workspace": (
        crates(
            root=ROOT,
            other="[workspace]\nmembers = ['../tools/c']\nresolver = '2'\n",
            tools__c=package("c", "workspace = '../../other'\n"),
        ),
        set(),
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_cargo_refuses_exactly_the_packages_that_are_named(tmp_path: Path, layout: str) -> None:
    recipe, expected = LAYOUTS[layout]
    path = recipe.write(tmp_path)
    named = {orphan.manifest for orphan in orphans(read(path))}
    assert refused(asked(path, tmp_path / "tree")) == named
    assert named == {f"{TOP}/{folder}/Cargo.toml" for folder in expected}


@pytest.mark.network
def test_cargo_refuses_exactly_what_is_named_of_a_published_sdist(tmp_path: Path) -> None:
    (path,) = obtain("roar_cli-0.3.0.tar.gz")
    found = orphans(read(path))
    assert {orphan.manifest for orphan in found} == refused(asked(path, tmp_path))
    assert len(found) >= 5
    assert {"roar-tracer", "roar-proxy", "roard"} <= {program for orphan in found for program in orphan.programs}


# --- member globs ---

GLOBS = "[workspace]\nmembers = ['crates/*', 'tools/*']\nresolver = '2'\n"
MEMBER = {"crates/a/Cargo.toml": package("a"), "crates/a/src/lib.rs": ""}
TOOL = {"tools/t/Cargo.toml": package("t"), "tools/t/src/lib.rs": ""}


@pytest.mark.parametrize(
    ("files", "missing"),
    [
        ({"Cargo.toml": GLOBS, **MEMBER, **TOOL}, ""),
        ({"Cargo.toml": GLOBS, **MEMBER}, "tools/*"),
        ({"Cargo.toml": GLOBS, **MEMBER, "tools/README": ""}, ""),
        ({"Cargo.toml": GLOBS, **MEMBER, "tools/t/README": ""}, "tools/t"),
        ({"Cargo.toml": f"{GLOBS}exclude = ['tools/t']\n", **MEMBER, "tools/t/README": ""}, ""),
        ({"Cargo.toml": GLOBS.replace("tools/*", "t??ls/[t]"), **MEMBER, **TOOL}, ""),
        ({"Cargo.toml": GLOBS.replace("tools/*", "./tools/t*"), **MEMBER, **TOOL}, ""),
        ({"Cargo.toml": GLOBS.replace("tools/*", "crates/**"), **MEMBER}, None),
    ],
)
def test_a_member_glob_points_at_what_cargo_would_load(
    tmp_path: Path, files: dict[str, str], missing: str | None
) -> None:
    path = an_sdist(*(File(name, text.encode()) for name, text in files.items())).write(tmp_path)
    subject = read(path)
    absent = {found.target for found in references(subject)} - {member.path for member in subject.members}
    assert absent == ({f"{TOP}/{missing}/Cargo.toml"} if missing else set())
    with tarfile.open(path) as archive:
        archive.extractall(tmp_path, filter="data")
    said = _ask(tmp_path / TOP / "Cargo.toml")
    assert missing is None or ("failed to load manifest for workspace member" in said) is bool(missing)
    assert missing is None or missing in said


def test_a_glob_without_a_crate_fails_the_sdist(tmp_path: Path) -> None:
    files = {"Cargo.toml": GLOBS, **MEMBER}
    report = examine([an_sdist(*(File(name, text.encode()) for name, text in files.items())).write(tmp_path)])
    (found,) = [found for found in report.findings if found.code == "WC603"]
    assert (found.path, found.severity) == (f"{TOP}/Cargo.toml", "error")
    assert "the manifest path 'tools/*' is not in the sdist" in found.message


# --- what is said beside it ---


@pytest.mark.parametrize(
    ("more", "main", "programs"),
    [
        ("", False, ()),
        ("", True, ("my-tool",)),
        ("[[bin]]\nname = 'other'\npath = 'src/lib.rs'\n", False, ("other",)),
        ("[[bin]]\npath = 'x.rs'\n", False, ("my-tool",)),
        ("[lib]\ncrate-type = ['cdylib']\n", False, ("my_tool",)),
        ("[lib]\nname = 'plug'\ncrate_type = ['staticlib']\n", True, ("my-tool", "plug")),
        ("[lib]\ncrate-type = ['rlib']\n", False, ()),
    ],
)
def test_an_orphan_says_what_it_would_have_given(
    tmp_path: Path,
    more: str,
    main: bool,  # noqa: FBT001
    programs: tuple[str, ...],
) -> None:
    files = [File("Cargo.toml", ROOT.encode()), File("tool/Cargo.toml", package("my-tool", more).encode())]
    files += [File("tool/src/main.rs")] if main else []
    (orphan,) = orphans(read(an_sdist(*files).write(tmp_path)))
    assert orphan == Orphan(f"{TOP}/tool/Cargo.toml", f"{TOP}/Cargo.toml", programs)


def test_a_vendored_registry_package_is_a_member_of_no_workspace(tmp_path: Path) -> None:
    files = (File("Cargo.toml", ROOT.encode()), File("vendor/x/Cargo.toml", package("x").encode()))
    checksum = File("vendor/x/.cargo-checksum.json", b"{}")
    (tmp_path / "plain").mkdir()
    assert orphans(read(an_sdist(*files, checksum).write(tmp_path))) == ()
    assert len(orphans(read(an_sdist(*files).write(tmp_path / "plain")))) == 1


@pytest.mark.parametrize("text", ["", "a = ", "workspace = 3", "[workspace]\nmembers = 3", "[package]\nname = 3"])
def test_a_manifest_of_another_shape_is_not_a_crash(text: str) -> None:
    texts = {f"{TOP}/Cargo.toml": text, f"{TOP}/a/Cargo.toml": package("a")}
    assert {PurePosixPath(orphan.manifest).parent.name for orphan in orphans(sdist(texts=texts))} <= {"a"}
    assert {entry.lock for entry in unlocked(sdist(texts=texts))} == set()


# --- the lock file ---

LOCK = "version = 3\n\n[[package]]\nname = 'a'\nversion = '1.0.0'\n"


def locked(lock: str | None, member: str, root: str = ROOT) -> Sdist:
    texts = {f"{TOP}/Cargo.toml": root, f"{TOP}/crates/a/Cargo.toml": member}
    return sdist(texts=texts if lock is None else {**texts, f"{TOP}/Cargo.lock": lock})


INHERITED = "[package]\nname = 'a'\nversion.workspace = true\n"
SHARED_VERSION = f"{ROOT}[workspace.package]\nversion = '{{}}'\n"


@pytest.mark.parametrize(
    ("subject", "found"),
    [
        (locked(LOCK, package("a")), ""),
        (locked(None, package("a")), ""),
        (locked(LOCK.replace("1.0.0", "0.9.0"), package("a")), "a 1.0.0"),
        (locked(LOCK, package("b")), "b 1.0.0"),
        (locked(LOCK, INHERITED, SHARED_VERSION.format("1.0.0")), ""),
        (locked(LOCK, INHERITED, SHARED_VERSION.format("2.0.0")), "a 2.0.0"),
        (locked(LOCK, INHERITED), ""),
        (locked("a = ", package("a")), "a 1.0.0"),
    ],
)
def test_a_member_that_the_lock_file_lacks_at_its_version_is_named(subject: Sdist, found: str) -> None:
    expected = (Unlocked(f"{TOP}/crates/a/Cargo.toml", f"{TOP}/Cargo.lock", found),) if found else ()
    assert unlocked(subject) == expected


@pytest.mark.parametrize(("version", "accepted"), [("1.0.0", True), ("0.9.0", False)])
def test_cargo_refuses_a_locked_build_of_what_is_named(tmp_path: Path, version: str, accepted: bool) -> None:  # noqa: FBT001
    lock = File("Cargo.lock", LOCK.replace("1.0.0", version).encode())
    files = (File("Cargo.toml", ROOT.encode()), File("crates/a/Cargo.toml", package("a").encode()), lock)
    path = an_sdist(*files, File("crates/a/src/lib.rs", b"")).write(tmp_path)
    with tarfile.open(path) as archive:
        archive.extractall(tmp_path, filter="data")
    command = ["cargo", "metadata", "--offline", "--locked", "--format-version", "1"]
    done = subprocess.run(command, cwd=tmp_path / TOP, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) is accepted
    assert (unlocked(read(path)) == ()) is accepted


# --- the work ---


def manifests(count: int, root: str, crate: str) -> dict[str, str]:
    """Texts of an sdist: a manifest at the top and `count` below it; `{}` in either stands for all or one number."""
    numbers = range(count)
    texts = {f"{TOP}/Cargo.toml": re.sub(r"<(.*?)>", lambda found: ",".join(found[1].format(n) for n in numbers), root)}
    return texts | {f"{TOP}/c/{n}/Cargo.toml": crate.format(n) for n in numbers}


def with_locks(texts: dict[str, str]) -> dict[str, str]:
    """The same with a lock file beside each manifest."""
    return texts | {path.replace(".toml", ".lock"): "" for path in texts}


CRATE = "[package]\nname = 'c{0}'\n"
GROWING = {
    "packages of nobody": lambda n: manifests(n, "[workspace]\n", CRATE),
    "members one by one": lambda n: manifests(n, "[workspace]\nmembers = [<'c/{}'>]\n", CRATE),
    "members by a glob": lambda n: manifests(n, "[workspace]\nmembers = ['c/*']\n", CRATE),
    "members by many globs": lambda n: manifests(n, "[workspace]\nmembers = [<'c/[{}]'>]\n", CRATE),
    "excluded one by one": lambda n: manifests(n, "[workspace]\nexclude = [<'c/{}'>]\n", CRATE),
    "a workspace each": lambda n: manifests(
        n, "[workspace]\nmembers = ['c/*']\n", f"{CRATE}[workspace]\nmembers=['*']\n"
    ),
    "a workspace each that reaches outside": lambda n: manifests(
        n, "", f"{CRATE}[workspace]\nmembers=['../*', '..']\n"
    ),
    "a root that each names": lambda n: manifests(
        n, "[workspace]\nmembers = ['c/*']\n", f"{CRATE}workspace = '../..'\n"
    ),
    "a dependency on the next": lambda n: manifests(
        n, "[workspace]\nmembers = ['c/0']\n", CRATE + "[dependencies]\nd.path = '../1'\n"
    ),
    "one of many shared dependencies": lambda n: manifests(
        n,
        "[workspace]\nmembers = ['c/*']\n[workspace.dependencies]\nd={path='c/1'}\n"
        + "".join(f"d{k}={{path='c/{k}'}}\n" for k in range(n)),
        CRATE + "[dependencies]\nd{0}.workspace = true\n",
    ),
}


def calls(subject: Sdist) -> int:
    """How many calls, the steps of generators included, it takes to say everything of an sdist."""
    count = 0

    def counted(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    assert subject.cargo.documents  # parsing is tomllib's own work
    sys.setprofile(counted)
    try:
        orphans(subject), unlocked(subject), references(subject)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("layout", GROWING)
@pytest.mark.parametrize("finish", [dict, with_locks])
def test_four_times_the_crates_are_four_times_the_work(
    layout: str, finish: Callable[[dict[str, str]], dict[str, str]]
) -> None:
    few, many = (calls(with_members(finish(GROWING[layout](count)))) for count in (30, 120))
    assert many < 5 * few


def with_members(texts: dict[str, str]) -> Sdist:
    return sdist(*(Member(path) for path in texts), texts=texts)


def below(depth: int) -> Sdist:
    """An sdist of a workspace with a glob and 60 files that lie so many folders deep, each in folders of its own."""
    texts = manifests(2, "[workspace]\nmembers = ['c/*']\n", CRATE)
    deep = (Member(f"{TOP}/{number}/" + "d/" * depth + "f") for number in range(60))
    return sdist(*(Member(path) for path in texts), *deep, texts=texts)


def test_files_four_times_as_deep_are_no_more_work() -> None:
    assert calls(below(60)) < 1.2 * calls(below(15))
