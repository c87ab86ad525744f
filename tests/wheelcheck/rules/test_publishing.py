from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest
from packaging.metadata import ExceptionGroup, Metadata

from tests.support.artifacts import X86_64, File, a_release, a_wheel, an_sdist, member, release, wheel
from tests.support.native_files import library
from tests.support.twins import Silent, Twins
from wheelcheck import check
from wheelcheck.config import Config
from wheelcheck.rules import Hit, LimitReachedError, publishing

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.artifacts import SdistRecipe, WheelRecipe

METADATA = "demo-1.0.dist-info/METADATA"
PKG_INFO = "demo-1.0/PKG-INFO"


def text_of(lines: tuple[str, ...], version: str = "2.4") -> bytes:
    return "\n".join((f"Metadata-Version: {version}", "Name: demo", "Version: 1.0", *lines, "")).encode()


def described(*lines: str) -> WheelRecipe:
    return a_wheel(X86_64, library("x86_64"), dist_info={"METADATA": text_of(lines)})


def sdist_with(*lines: str, files: tuple[File, ...] = ()) -> SdistRecipe:
    return an_sdist(File("PKG-INFO", text_of(lines)), *files)


FIELDS = [
    (
        "a requirement by URL",
        "Requires-Dist: other @ https://example.org/o.tar.gz",
        "Requires-Dist: other>=1",
        "direct",
    ),
    (
        "a requirement by URL behind an extra",
        "Provides-Extra: x\nRequires-Dist: other[a]@git+https://example.org/o ; extra == 'x'",
        "Provides-Extra: x\nRequires-Dist: other[a] ; extra == 'x'",
        "is a direct reference",
    ),
    ("an unknown classifier", "Classifier: Topic :: Wheels", "Classifier: Topic :: Software Development", "PyPI knows"),
    (
        "a deprecated classifier",
        "Classifier: Natural Language :: Ukranian",
        "Classifier: Natural Language :: Ukrainian",
        "is deprecated; use Natural Language :: Ukrainian",
    ),
    ("an extra with a space", "Provides-Extra: a b", "Provides-Extra: a.b-c", "is no name of an extra"),
    ("a version that is said to be dynamic", "Dynamic: Version", "Dynamic: Requires-Dist", "no field that may"),
    (
        "a field that nobody knows, said to be dynamic",
        "Dynamic: Entry-Points",
        "Dynamic: License-File",
        "no field that may",
    ),
    ("a field that nobody knows", "Homepage: https://a.b", "Home-page: https://a.b", "is not one of the core metadata"),
    (
        "two fields for the licence",
        "License: MIT\nLicense-Expression: MIT",
        "License-Expression: MIT",
        "beside License-Exp",
    ),
    ("a malformed name of what it replaces", "Obsoletes-Dist: a b", "Obsoletes-Dist: a", "is no requirement"),
    (
        "a URL that no browser opens",
        "Project-URL: Code, git+ssh://a.b/c",
        "Project-URL: Code, https://a.b/c",
        "no URL behind",
    ),
    ("a summary of two lines", "Summary: a\n  b", "Summary: a b", "several lines"),
    ("a summary that is too long", f"Summary: {'a' * 513}", f"Summary: {'a' * 512}", "513 characters"),
    (
        "a label that is too long",
        f"Project-URL: {'a' * 33}, https://a.b",
        f"Project-URL: {'a' * 32}, https://a.b",
        "33",
    ),
    ("a label without URL", "Project-URL: Home", "Project-URL: Home, https://a.b", "lacks its label or its URL"),
    ("a URL that is none", "Home-page: example", "Home-page: https://example.org", "is no URL"),
    ("an address that is none", "Author-email: me", "Author-email: Me <me@example.org>", "is no e-mail address"),
    (
        "a description in HTML",
        "Description-Content-Type: text/html",
        "Description-Content-Type: text/markdown; charset=UTF-8; variant=GFM",
        "expected one of text/markdown",
    ),
    (
        "another variant of Markdown",
        "Description-Content-Type: text/markdown; variant=pandoc",
        "Description-Content-Type: text/markdown; variant=CommonMark",
        "expected GFM or CommonMark",
    ),
    ("two versions of the metadata", "Metadata-Version: 2.2", "", "Metadata-Version is given 2 times"),
    ("a field given twice", "Summary: a\nSummary: b", "Summary: a", "Summary is given 2 times"),
    ("two descriptions", "Description: a\n\nb", "Description: a\n\n", "given as a field and below the fields"),
    ("a description below that of distutils", "Description: a\n\nb", "Description: UNKNOWN\n\nb", "below the fields"),
]
BIG = File("demo/data.bin", Random(0).randbytes(3 * 2**19))  # noqa: S311 - bytes that do not compress
CLASSIFIER = "Classifier: License :: OSI Approved :: MIT License"


@pytest.mark.parametrize(
    "row",
    [
        *(
            Twins("WC230", sentence, described(*bad.split("\n")), described(*good.split("\n")), found, (METADATA,))
            for sentence, bad, good, found in FIELDS
        ),
        Twins(
            "WC230",
            "PKG-INFO is held to the same",
            sdist_with("Requires-Dist: other @ https://example.org/o.tar.gz"),
            sdist_with("Requires-Dist: other"),
            "is a direct reference",
            (PKG_INFO,),
        ),
        Twins(
            "WC230",
            "a file that is private on purpose",
            described("Classifier: Private :: Do Not Upload"),
            described("Classifier: Topic :: Software Development"),
            "keeps the file off PyPI",
            (METADATA,),
            "note",
        ),
        Silent("WC230", "UNKNOWN is what distutils wrote for nothing", described("Home-page: UNKNOWN")),
        Twins(
            "WC231",
            "an expression and a classifier",
            described("License-Expression: MIT", CLASSIFIER),
            described("License-Expression: MIT"),
            "has License-Expression and the classifier",
            (METADATA,),
        ),
        Twins(
            "WC231",
            "an expression that is no SPDX expression, in an sdist",
            sdist_with("License-Expression: MIT License"),
            sdist_with("License-Expression: MIT OR Apache-2.0"),
            "is not valid",
            (PKG_INFO,),
        ),
        Twins(
            "WC231",
            "an expression without a word",
            described("License-Expression: "),
            described("License: "),
            "License-Expression '' is not valid: it is empty",
            (METADATA,),
        ),
        Twins(
            "WC231",
            "an unknown licence, and some that few projects have",
            described("License-Expression: Boost"),
            described("License-Expression: BSL-1.0 AND 0BSD"),
            "License-Expression 'Boost' is not valid: Unknown license: 'boost'",
            (METADATA,),
        ),
        Twins(
            "WC223",
            "an sdist without the licence file that it names",
            sdist_with("License-File: LICENSE"),
            sdist_with("License-File: LICENSE", files=(File("LICENSE", b"MIT\n"),)),
            "found License-File 'LICENSE', which is not in demo-1.0",
            (PKG_INFO,),
        ),
        Twins(
            "WC232",
            "a file of more than 100 MiB",
            release(replace(wheel(X86_64), size=101 * 2**20)),
            release(replace(wheel(X86_64), size=100 * 2**20)),
            "has 101.0 MiB; PyPI takes 100 MiB, unless it raised the limit",
            (wheel(X86_64).file,),
            "note",
        ),
        Twins(
            "WC232",
            "a file above the limit that the project has",
            a_release(a_wheel("py3-none-any", BIG), config=Config(largest_file=1)),
            a_release(a_wheel("py3-none-any", BIG), config=Config(largest_file=2)),
            "has 1.5 MiB, and max-file-size is 1 MiB",
            ("demo-1.0-py3-none-any.whl",),
        ),
        Twins(
            "WC233",
            "platforms that are not sorted",
            a_wheel("cp311-cp311-manylinux_2_28_x86_64.manylinux_2_17_x86_64", library("x86_64")),
            a_wheel("cp311-cp311-manylinux_2_17_x86_64.manylinux_2_28_x86_64", library("x86_64")),
            "are not sorted",
            severity="note",
        ),
        *(
            Twins(
                "WC233",
                f"a part that is not sorted: {bad}",
                replace(wheel(X86_64), file=f"demo-1.0-{bad}.whl"),
                replace(wheel(X86_64), file=f"demo-1.0-{good}.whl"),
                "are not sorted",
                severity="note",
            )
            for bad, good in (
                ("py3.py2-none-any", "py2.py3-none-any"),
                ("py3-none.abi3-any", "py3-abi3.none-any"),
                ("1-py3.py2-none-any", "1.0-py2.py3-none-any"),  # with a build tag
            )
        ),
        Twins(
            "WC233",
            "up to a thousand tags",
            replace(wheel(X86_64), file=f"demo-1.0-{'.'.join(('b', 'a') * 500)}-none-any.whl"),
            replace(wheel(X86_64), file=f"demo-1.0-{'.'.join(('b', 'a') * 500)}.a-none-any.whl"),
            "are not sorted",
            severity="note",
        ),
    ],
    ids=str,
)
def test_what_the_index_takes(row: Twins | Silent, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


def in_rst(body: str, kind: str = "Description-Content-Type: text/x-rst") -> WheelRecipe:
    return described(*([kind] if kind else []), "", body)


RENDERED = {
    "a role of Sphinx": (
        "See :func:`x`.\n",
        "See :code:`x`.\n",
        "line 1 of the description: the role func is not one of",
    ),
    "a directive of Sphinx": (
        "A\n\n.. toctree::\n   a\n",
        "A\n\n.. note::\n   a\n",
        "line 3 of the description: the dir",
    ),
    "raw HTML": (".. raw:: html\n\n   <b>\n", ".. code:: html\n\n   <b>\n", "the directive raw switched off"),
    "a short underline": (
        "A title\n=====\n\na\n",
        "A title\n=======\n\na\n",
        "the title is 7 wide and its underline 5",
    ),
    "an open literal": ("Use ``a here.\n", "Use ``a`` here.\n", "nothing closes the literal"),
    "an undefined substitution": ("|a| b\n", "|a| b\n\n.. |a| image:: b\n", "nothing defines the substitution |a|"),
    "text right behind markup": (
        ".. _a: https://b\ntext\n",
        ".. _a: https://b\n\ntext\n",
        "line 2 of the description: there",
    ),
}


@pytest.mark.parametrize(
    "row",
    [
        *(
            Twins("WC234", sentence, in_rst(bad), in_rst(good), found, (METADATA,))
            for sentence, (bad, good, found) in RENDERED.items()
        ),
        Twins(
            "WC234",
            "a content type with a parameter",
            in_rst("``a\n", "Description-Content-Type: text/X-RST ; charset=UTF-8"),
            in_rst("``a\n", "Description-Content-Type: text/markdown; charset=UTF-8"),
            "nothing closes",
            (METADATA,),
        ),
        Twins("WC234", "no content type", in_rst("``a\n", ""), in_rst("``a``\n", ""), "nothing closes", (METADATA,)),
        Twins(
            "WC234",
            "a description among the fields, as metadata had it before version 2.1",
            described("Description: See ``a here."),
            described("Description: See ``a`` here."),
            "line 1 of the description: nothing closes",
            (METADATA,),
        ),
        Twins(
            "WC234",
            "an sdist",
            sdist_with("Description-Content-Type: text/x-rst", "", "``a"),
            sdist_with("Description-Content-Type: text/markdown", "", "``a"),
            "nothing closes",
            (PKG_INFO,),
        ),
    ],
    ids=str,
)
def test_a_description_renders(row: Twins, tmp_path: Path) -> None:
    row.assert_holds(tmp_path)


def test_a_description_is_read_up_to_its_limit_and_its_first_twenty_problems_are_told() -> None:
    body = "``a\n\n" * 21
    longest = body.ljust((1 << 19) - 1, "b")  # a line end follows
    assert len(judge_description("")) == 0
    assert [len(judge_description(each)) for each in (body[:-5], body, longest)] == [20, 20, 20]
    with pytest.raises(LimitReachedError, match="more than 524,288 characters"):
        judge_description(f"{longest}b")


def judge_description(body: str) -> list[Hit]:
    """What WC234 finds in a wheel whose METADATA ends with this text."""
    subject = wheel(X86_64, member(METADATA), texts={METADATA: text_of(("", body)).decode()})
    return list(publishing.the_description_renders_on_pypi.judge(subject))


@pytest.mark.parametrize(
    "line",
    [
        *("Provides-Extra: a b", "Provides-Extra: a-b", "Provides-Extra: -a", "Provides-Extra: A.9", "Dynamic: Name"),
        *("Dynamic: Requires-Dist", "License-File: ../a", "License-File: a..b", "License-File: /a", "Summary: a\n  b"),
    ],
)
def test_packaging_refuses_the_same_fields(line: str, tmp_path: Path) -> None:
    text = text_of((line,))
    try:
        Metadata.from_email(text)
    except ExceptionGroup:
        is_refused = True
    else:
        is_refused = False
    made = a_wheel(X86_64, library("x86_64"), dist_info={"METADATA": text}).write(tmp_path)
    assert any(finding.code == "WC230" for finding in check([made]).findings) == is_refused
