"""Which folders a CMakeLists.txt or meson.build enters in any case, read without CMake or Meson."""

from __future__ import annotations

import posixpath
import re

from wheelcheck.patterns import regex
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelcheck.facts.text_limits import LexemeBudget

BUILD_FILES = ("CMakeLists.txt", "meson.build")
# A command at the beginning of a line with its first argument, or the beginning of a bracket comment. What may fetch or
# make a folder ends the search as `return` does: nothing behind it is certain.
_CMAKE = regex(
    rb"""^[ \t]*(?:(if|foreach|while|function|macro|block)|(end(?:if|foreach|while|function|macro|block))
    |(return|execute_process|file)|(add_subdirectory)|(include))
    [ \t]*\(\s{0,64}(?:"([^"\n]{0,256})"|([^\s()"]{0,256}))
    |\#\[(=*)\[""",
    re.MULTILINE | re.IGNORECASE | re.VERBOSE,
)
_MESON = regex(
    rb"""^[ \t]*(?:(if|foreach)\b|(endif|endforeach)\b|(subdir_done|error)\b
    |subdir[ \t]*\([ \t]*'([^'\n]{0,256})'[ \t]*\))
    |'''""",
    re.MULTILINE | re.VERBOSE,
)
_HERE = "${CMAKE_CURRENT_SOURCE_DIR}/"


def entered(path: str, content: bytes, budget: LexemeBudget) -> tuple[str, ...]:
    """Return the build files, from the folder of this one on, of the folders that it enters outside of conditions."""
    name = posixpath.basename(path)
    found = _of_cmake(content, budget) if name == "CMakeLists.txt" else _of_meson(content, budget)
    folders = (raw.decode("utf-8", "surrogateescape").removeprefix(_HERE).rstrip("/") for raw in found)
    return tuple(f"{folder}/{name}" for folder in folders if folder and "$" not in folder)


def _of_cmake(content: bytes, budget: LexemeBudget) -> Iterator[bytes]:
    depth = end = 0
    for found in budget.within(_CMAKE.finditer(content)):
        opens, closes, stops, enters, _, quoted, plain, bracket = found.groups()
        argument = quoted or plain or b""
        if found.start() < end:
            continue
        if bracket is not None:
            end = content.find(b"]%b]" % bracket, found.end())
            end = len(content) if end < 0 else end
        elif opens:
            depth += 1
        elif closes:
            depth = max(depth - 1, 0)
        elif enters:
            yield from () if depth else (argument,)
        elif stops or b"/" in argument or argument.endswith(b".cmake"):
            return


def _of_meson(content: bytes, budget: LexemeBudget) -> Iterator[bytes]:
    depth, is_text = 0, False
    for found in budget.within(_MESON.finditer(content)):
        opens, closes, stops, folder = found.groups()
        if found[0] == b"'''":
            is_text = not is_text
        elif is_text:
            continue
        elif opens:
            depth += 1
        elif closes:
            depth = max(depth - 1, 0)
        elif stops:
            return
        elif not depth:
            yield folder or b""
