"""Libraries for macOS, one of which loads the other: `needing_foo` makes the one that loads, `foo` the one it loads."""

from __future__ import annotations

from tests.support import native
from tests.support.artifacts import File

MODULE, LIBFOO = "demo/_x.abi3.so", "demo/.dylibs/libfoo.dylib"
REQUIRING = {"METADATA": b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Dist: foo\n"}


def needing_foo(
    install_name: str, path: str = "demo/libask.dylib", *rpaths: str, own: str = "", function: str = "ask"
) -> File:
    """Return a library that loads libfoo by this name, with these search paths, a name and a function of its own."""

    def make() -> bytes:
        flags = ("-dynamiclib", "-install_name", install_name)
        foo = native.compiled_c(native.PLAIN_C, "aarch64-macos.11.0", *flags, name="libfoo.dylib")
        source = f"extern int answer(void);\nint {function}(void) {{ return answer(); }}\n"
        more = [f"-Wl,-rpath,{entry}" for entry in rpaths] + (["-install_name", own] if own else [])
        return native.compile_c(source, "aarch64-macos.11.0", "-dynamiclib", *more, str(foo), name="libask.dylib")

    return File(path, make)


def foo(path: str, install_name: str = "@rpath/libfoo.dylib") -> File:
    """Return the library that they load."""
    flags = ("-dynamiclib", "-install_name", install_name)
    return File(path, lambda: native.compile_c(native.PLAIN_C, "aarch64-macos.11.0", *flags, name="libfoo.dylib"))
