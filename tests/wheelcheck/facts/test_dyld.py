from __future__ import annotations

import pytest

from tests.support import artifacts
from wheelcheck.facts.dyld import Dyld, Image, place_of

SITE = "lib/python3/site-packages"


def image(path: str, *needed: str, rpath: tuple[str, ...] = (), kind: str = "library") -> Image:
    """Return a Mach-O file that loads these names."""
    code = artifacts.code("aarch64", kind, system="macos", needed=needed, rpath=rpath)  # type: ignore[arg-type]
    return Image(path, place_of(path), code)


def missed(*images: Image) -> list[tuple[str, str]]:
    dyld = Dyld(images, [each.place for each in images])
    return sorted((each.path, name) for each, name in dyld.missed)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("demo/_X.so", f"{SITE}/demo/_x.so"),
        ("demo-1.0.data/platlib/demo/x.so", f"{SITE}/demo/x.so"),
        ("demo-1.0.data/purelib/demo/x.so", f"{SITE}/demo/x.so"),
        ("demo-1.0.data/data/lib/x.dylib", "lib/x.dylib"),
        ("demo-1.0.data/scripts/x", "bin/x"),
        ("demo-1.0.dist-info/METADATA", f"{SITE}/demo-1.0.dist-info/metadata"),
    ],
)
def test_members_are_where_an_installer_puts_them(path: str, place: str) -> None:
    assert place_of(path) == place


def test_a_program_in_bin_finds_a_library_in_lib() -> None:
    program = image("demo-1.0.data/scripts/x", "@executable_path/../lib/a.dylib", kind="executable")
    assert missed(program, image("demo-1.0.data/data/lib/a.dylib")) == []


def test_the_folder_of_a_program_holds_for_what_it_leads_to() -> None:
    program = image("demo/bin/x", "@loader_path/../lib/a.dylib", kind="executable")
    middle = image("demo/lib/a.dylib", "@executable_path/b.dylib", "@rpath/c.dylib", rpath=("@executable_path/../c",))
    others = (image("demo/bin/b.dylib"), image("demo/c/c.dylib"))
    assert missed(program, middle, *others) == []
    assert missed(middle, *others) == [
        ("demo/lib/a.dylib", "@executable_path/b.dylib"),
        ("demo/lib/a.dylib", "@rpath/c.dylib"),
    ]


def test_search_paths_hold_for_what_a_file_leads_to_however_far() -> None:
    first = image("demo/a.abi3.so", "@rpath/b.dylib", rpath=("@loader_path/lib", "@loader_path/far"))
    chain = (image("demo/lib/b.dylib", "@rpath/c.dylib"), image("demo/lib/c.dylib", "@rpath/d.dylib"))
    assert missed(first, *chain, image("demo/far/d.dylib")) == []
    assert missed(*chain, image("demo/far/d.dylib")) == [
        ("demo/lib/b.dylib", "@rpath/c.dylib"),
        ("demo/lib/c.dylib", "@rpath/d.dylib"),
    ]


def test_libraries_that_load_each_other_end() -> None:
    one = image("demo/a.dylib", "@rpath/b.dylib", rpath=("@loader_path",))
    assert missed(one, image("demo/b.dylib", "@rpath/a.dylib")) == []


def test_a_path_in_a_framework_is_taken_whole() -> None:
    name = "@rpath/QtCore.framework/Versions/A/QtCore"
    module = image("demo/a.abi3.so", name, "@rpath/QtCore.framework/QtCore", rpath=("@loader_path/Qt/lib/",))
    framework = image("demo/Qt/lib/QtCore.framework/Versions/A/QtCore")
    assert missed(module, framework) == [("demo/a.abi3.so", "@rpath/QtCore.framework/QtCore")]


def test_what_is_too_much_to_follow_is_not_judged() -> None:
    def chain(length: int) -> list[Image]:
        return [
            image(
                f"d/{number}/{number}.dylib",
                f"@loader_path/../{number + 1}/{number + 1}.dylib",
                rpath=(f"@loader_path/{number}",),
            )
            for number in range(length)
        ]

    assert missed(*chain(3)) == [("d/2/2.dylib", "@loader_path/../3/3.dylib")]
    assert missed(*chain(2000)) == []
