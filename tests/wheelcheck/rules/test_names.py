from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import pytest

from tests.support import artifacts
from tests.support.artifacts import X86_64, File, a_wheel, an_sdist, zipped
from tests.support.native_files import LIBRARY, library
from tests.support.twins import Silent, Twins

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.artifacts import WheelRecipe
    from wheelcheck.config.fields import Severity

FOLDER = "demo-1.0.dist-info"
TWO_HUNDRED = ".".join(f"p{number}" for number in range(200))
METADATA = b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"
WHEEL = b"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp311-cp311-manylinux_2_17_x86_64\n"
UPPER, SPACED = WHEEL.replace(b"false", b"False"), WHEEL.replace(b"false", b"false ")


def with_text(name: str, text: bytes | None) -> WheelRecipe:
    """A wheel with this metadata file, or without it."""
    return a_wheel(X86_64, library("x86_64"), dist_info={name: text})


def in_wheel_text(code: str, sentence: str, bad: bytes, good: bytes, found: str) -> Twins:
    return Twins(code, sentence, with_text("WHEEL", bad), with_text("WHEEL", good), found, (f"{FOLDER}/WHEEL",))


def in_metadata(sentence: str, bad: bytes, good: bytes, found: str) -> Twins:
    recipes = with_text("METADATA", bad), with_text("METADATA", good)
    return Twins("WC207", sentence, *recipes, found, (f"{FOLDER}/METADATA",), also=("WC230",))


def rezipped(tarball: bytes) -> bytes:
    """Return the files of a tar.gz in a zip."""
    with tarfile.open(fileobj=io.BytesIO(tarball)) as archive:
        files = [File(name, archive.extractfile(name).read()) for name in archive.getnames()]  # type: ignore[union-attr]  # all are files
    return zipped(*files)


# The Tag line that is missing, the one that is there, and how bad that is.
HALVES: tuple[tuple[str, str, Severity], ...] = (("py3", "py2", "error"), ("py2", "py3", "warning"))


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC201",
            "a file name with too few parts",
            a_wheel(X86_64, library("x86_64"), file="demo-1.0-py3-none.whl"),
            a_wheel(X86_64, library("x86_64")),
            "expected NAME-VERSION(-BUILD)-PYTHON-ABI-PLATFORM.whl",
            also=("WC205",),
        ),
        Twins(
            "WC201",
            "a version that is none",
            a_wheel(X86_64, library("x86_64"), file=f"demo-one-{X86_64}.whl"),
            a_wheel(X86_64, library("x86_64"), file=f"demo-1.0-1-{X86_64}.whl"),
            "NAME-VERSION",
        ),
        Twins(
            "WC202",
            "a version that is none",
            an_sdist(file="demo-one.tar.gz"),
            an_sdist(file="demo-1.0.tar.gz"),
            "expected NAME-VERSION.tar.gz",
            also=("WC608",),
        ),
        Twins(
            "WC202",
            "a zip file, as before PEP 625",
            an_sdist(file="demo-1.0.zip", change=rezipped),
            an_sdist(file="demo-1.0.tar.gz"),
            "found a zip file, expected NAME-VERSION.tar.gz",
            severity="warning",
        ),
        Twins(
            "WC203",
            "no metadata at all",
            artifacts.wheel(X86_64, artifacts.member(LIBRARY, artifacts.elf("x86_64"))),
            artifacts.wheel(
                X86_64,
                *(artifacts.member(f"{FOLDER}/{name}") for name in ("METADATA", "WHEEL", "RECORD")),
                texts={f"{FOLDER}/{name}": "" for name in ("METADATA", "WHEEL", "RECORD")},
            ),
            "found no .dist-info folder, expected exactly one",
        ),
        Twins(
            "WC203",
            "a second folder, of the version before",
            a_wheel(X86_64, library("x86_64"), File("demo-0.9.dist-info/METADATA", METADATA)),
            a_wheel(X86_64, library("x86_64"), File("demo-0.9.dist.info/METADATA", METADATA)),
            "",
            ("", "demo-0.9.dist-info"),
        ),
        Twins(
            "WC203",
            "the folder of another project",
            a_wheel(X86_64, library("x86_64"), file=f"other-1.0-{X86_64}.whl"),
            a_wheel(X86_64, library("x86_64"), file=f"Demo-1.0-{X86_64}.whl"),
            "found demo-1.0.dist-info, expected the folder of other 1.0",
            (FOLDER,),
            also=("WC207",),
        ),
        Twins(
            "WC203",
            "a folder without a version",
            a_wheel(X86_64, library("x86_64"), File("demo.dist-info/METADATA", METADATA)),
            a_wheel(X86_64, library("x86_64"), File("demo.dist.info/METADATA", METADATA)),
            "",
            ("", "demo.dist-info"),
        ),
        Twins(
            "WC203",
            "a folder whose version is none",
            a_wheel(X86_64, library("x86_64"), File("demo-new.dist-info/METADATA", METADATA)),
            a_wheel(X86_64, library("x86_64"), File("demo-new.dist.info/METADATA", METADATA)),
            "",
            ("", "demo-new.dist-info"),
        ),
        Twins(
            "WC203",
            "a file that pip takes for a second folder",
            a_wheel(X86_64, library("x86_64"), File("more.dist-info")),
            a_wheel(X86_64, library("x86_64"), File("demo/more.dist-info")),
            "",
            ("", "more.dist-info"),
        ),
        Twins(
            "WC203",
            "no METADATA",
            with_text("METADATA", None),
            with_text("METADATA", METADATA),
            "found no METADATA, expected one",
            (FOLDER,),
        ),
        in_wheel_text(
            "WC204",
            "a version of the format that nobody can install",
            WHEEL.replace(b"1.0", b"2.0"),
            WHEEL.replace(b"1.0", b"1.9"),
            "found Wheel-Version 2.0, expected 1.x",
        ),
        in_wheel_text(
            "WC204",
            "a version with more digits than a number can have",
            WHEEL.replace(b"1.0", b"1." + b"0" * 5000),
            WHEEL.replace(b"1.0", b"1.000"),
            "found Wheel-Version 1.0000",
        ),
        in_wheel_text(
            "WC204",
            "two versions of the format, of which readers take the first or the last",
            WHEEL + b"Wheel-Version: 2.0\n",
            WHEEL,
            "found Wheel-Version 1.0 and 2.0, expected 1.x once",
        ),
        in_wheel_text(
            "WC204", "a byte that is not UTF-8", WHEEL + b"X: \xc3\xa9\xff\n", WHEEL, "bytes that are not UTF-8"
        ),
        in_wheel_text(
            "WC204", "a line without a colon", WHEEL + b"Build 1\n", WHEEL + b"X: 1\n", "found the line 'Build 1'"
        ),
        in_wheel_text(
            "WC204",
            "a space before the colon",
            WHEEL + b"X : 1\n",
            WHEEL + b"X: 1\n",
            "found the line 'X : 1' among the headers",
        ),
        in_wheel_text(
            "WC204",
            "no version of the format",
            WHEEL.replace(b"Wheel-Version: 1.0\n", b""),
            WHEEL,
            "found Wheel-Version none",
        ),
        *(
            in_wheel_text("WC209", why, WHEEL.replace(b"Root-Is-Purelib: false\n", bad), good, found)
            for why, bad, good, found in (
                ("pip and uv differ over True", b"Root-Is-Purelib: True\n", UPPER, "found Root-Is-Purelib 'True'"),
                ("and over true with a space", b"Root-Is-Purelib: true \n", SPACED, "found Root-Is-Purelib 'true '"),
                ("no answer", b"", WHEEL, "found Root-Is-Purelib none"),
                ("an empty answer", b"Root-Is-Purelib:\n", WHEEL, "found Root-Is-Purelib ''"),
                ("another word", b"Root-Is-Purelib: purelib\n", WHEEL, "found Root-Is-Purelib 'purelib'"),
                ("two answers", b"Root-Is-Purelib: false\n" * 2, WHEEL, "'false' and 'false', expected true or false"),
            )
        ),
        Twins(
            "WC206",
            "native code under purelib",
            with_text("WHEEL", WHEEL.replace(b"false", b"true")),
            with_text("WHEEL", WHEEL),
            "found Root-Is-Purelib: true, expected false",
            (f"{FOLDER}/WHEEL",),
            severity="note",
        ),
        in_metadata(
            "another name inside than outside",
            METADATA.replace(b"demo", b"other"),
            METADATA.replace(b"demo", b"Demo"),
            "found Name 'other', expected 'demo'",
        ),
        in_metadata(
            "another version inside than outside",
            METADATA.replace(b"1.0", b"1.1"),
            METADATA.replace(b"1.0", b"1.0"),
            "found Version '1.1', expected '1.0'",
        ),
        in_metadata(
            "a version that is none",
            METADATA.replace(b"1.0", b"one"),
            METADATA.replace(b"1.0", b"1.0.0"),
            "found Version 'one', expected '1.0'",
        ),
        in_metadata(
            "a version of more digits than Python turns into a number",
            METADATA.replace(b"1.0", b"1" * 5000),
            METADATA,
            "found Version '111",
        ),
        Twins(
            "WC203",
            "a folder whose version has more digits than Python turns into a number",
            artifacts.wheel(X86_64, artifacts.member(f"demo-{'1' * 5000}.dist-info/WHEEL")),
            with_text("METADATA", METADATA),
            "found",
            (f"demo-{'1' * 5000}.dist-info",),
        ),
        in_wheel_text(
            "WC204",
            "digits of another script",
            WHEEL.replace(b"1.0", "1.\u0660".encode()),
            WHEEL,
            "found Wheel-Version 1.",
        ),
        Twins(
            "WC203",
            "a second folder that is the first on macOS and Windows",
            a_wheel("py3-none-any", File("demo/__init__.py"), File("demo-1.0.DIST-INFO/entry_points.txt")),
            a_wheel("py3-none-any", File("demo/__init__.py"), File("demo/entry_points.txt")),
            "",
            ("", "demo-1.0.DIST-INFO"),
            also=("WC104",),
        ),
        in_metadata(
            "two names",
            METADATA + b"Name: demo\n",
            METADATA,
            "found 2 Name fields, expected one",
        ),
    ],
    ids=str,
)
def test_file_name_and_metadata_tell_one_story(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


PURE = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
LINUX = b"Tag: cp311-cp311-linux_x86_64\n"


def tagged(lines: bytes, tags: str = X86_64) -> WheelRecipe:
    head = b"Wheel-Version: 1.0\nRoot-Is-Purelib: false\n"
    return a_wheel(tags, library("x86_64"), dist_info={"WHEEL": head + lines})


@pytest.mark.parametrize(
    "row",
    [
        Twins(
            "WC205",
            "a renamed wheel keeps its old tag within",
            tagged(LINUX),
            tagged(b"Tag: " + X86_64.encode() + b"\n"),
            "Tag",
            (f"{FOLDER}/WHEEL",),
            severity="warning",
        ),
        *(
            Twins(
                "WC205",
                f"a machine that installs {tags} may not support {line}",
                tagged(f"Tag: {line}\n".encode(), tags),
                tagged(f"Tag: {tags}\n".encode(), tags),
                "found",
                (f"{FOLDER}/WHEEL",),
                everywhere=("WC304", "WC308", "WC402"),
            )
            for line, tags in (
                ("cp311-cp311-manylinux_2_17_x86_64", "cp312-cp312-manylinux_2_17_x86_64"),
                ("cp312-abi3-manylinux_2_17_x86_64", "cp39-abi3-manylinux_2_17_x86_64"),
                ("py3-none-manylinux_2_28_x86_64", "py3-none-manylinux_2_17_x86_64"),
                ("py3-none-manylinux_2_17_x86_64", "py3-none-musllinux_1_2_x86_64"),
                ("py3-none-macosx_12_3_arm64", "py3-none-macosx_13_0_arm64"),
            )
        ),
        Twins(
            "WC205",
            "a line that is no tag, which nobody asks for, beside the right one",
            tagged(f"Tag: {X86_64}\nTag: nonsense\n".encode()),
            tagged(f"Tag: {X86_64}\n".encode()),
            "found Tag nonsense",
            (f"{FOLDER}/WHEEL",),
            severity="warning",
        ),
        Twins(
            "WC205",
            "more tags than anything expands, beside the right one",
            tagged(f"Tag: {X86_64}\nTag: {TWO_HUNDRED}-{TWO_HUNDRED}-any\n".encode()),
            tagged(f"Tag: {X86_64}\n".encode()),
            "found Tag",
            (f"{FOLDER}/WHEEL",),
        ),
        Twins(
            "WC205",
            "no Tag line at all",
            tagged(b""),
            tagged(b"Tag: " + X86_64.encode() + b"\n"),
            "found no Tag line",
            (f"{FOLDER}/WHEEL",),
        ),
        *(
            Twins(
                "WC205",
                f"{missing} of a compressed set is not within",
                tagged(f"Tag: {within}-none-manylinux_2_17_x86_64\n".encode(), "py2.py3-none-manylinux_2_17_x86_64"),
                tagged(b"Tag: py2.py3-none-manylinux_2_17_x86_64\n", "py2.py3-none-manylinux_2_17_x86_64"),
                f"found no Tag line for {missing}-none-manylinux_2_17_x86_64",
                (f"{FOLDER}/WHEEL",),
                severity=severity,
            )
            for missing, within, severity in HALVES
        ),
        Twins(
            "WC205",
            "a tag that the file name does not have",
            tagged(b"Tag: py2.py3-none-manylinux_2_17_x86_64\n", "py3-none-manylinux_2_17_x86_64"),
            tagged(b"Tag: py3-none-manylinux_2_17_x86_64\n", "py3-none-manylinux_2_17_x86_64"),
            "found Tag py2-none-manylinux_2_17_x86_64, expected only the file name's tags",
            (f"{FOLDER}/WHEEL",),
            severity="warning",
        ),
        Twins(
            "WC205",
            "a line that would be a hundred million tags",
            tagged(b"Tag: " + b"-".join([b".".join([b"x"] * 500)] * 3) + b"\n", "py3-none-manylinux_2_17_x86_64"),
            tagged(b"Tag: py3-none-manylinux_2_17_x86_64\n", "py3-none-manylinux_2_17_x86_64"),
            "Tag",
            (f"{FOLDER}/WHEEL",),
        ),
        Twins(
            "WC205",
            "a line that is no tag",
            tagged(b"Tag: py3\n", "py3-none-manylinux_2_17_x86_64"),
            tagged(b"Tag: py3-none-manylinux_2_17_x86_64\n", "py3-none-manylinux_2_17_x86_64"),
            "Tag",
            (f"{FOLDER}/WHEEL",),
        ),
    ],
    ids=str,
)
def test_the_tags_in_wheel_are_those_of_the_file_name(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        Silent("WC206", "a pure wheel", a_wheel("py3-none-any", File("demo/__init__.py"), dist_info={"WHEEL": PURE})),
    ],
    ids=str,
)
def test_a_pure_wheel_may_say_that_it_is_pure(row: Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)
