"""Which files a setup.py of an archive reads whenever it runs, found without running it.

Only statements at the beginning of a line count, and of them nothing that depends on a condition or a loop. A path
counts if it is made of literals, of the folder of `__file__`, and of names that mean this folder.
"""

from __future__ import annotations

from wheelcheck.facts.setup_py import LEXEME, literal
from wheelcheck.tuples import NamedTuple
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from collections.abc import Set as AbstractSet

_UNCERTAIN = frozenset(
    ("if", "elif", "else", "for", "while", "try", "except", "finally", "class", "async", "lambda", "and", "or", "def")
)
_FOLDER_OF_FILE = frozenset({"dirname", "parent"})
# What a path to a file beside setup.py is made of, besides its literals.
_PARTS = frozenset(
    {"os", "path", "pathlib", "abspath", "realpath", "join", "resolve", "str", "Path", "__file__", *"(),"}
)
_OPENERS = ("io", "codecs")  # modules whose `open` takes a path and gives a text
MOST_CHARACTERS = 1 << 17  # of a setup.py; that of PyTorch has half as many
_MOST_WORDS = 64  # of the arguments of one call; a path is not longer
_WRITING = frozenset("wax+")  # letters of a mode
_CHANGES_FOLDER = "chdir"


class _Statement(NamedTuple):
    """A logical line: its lexemes without comments, those of them that follow a dot, and whether it is not indented."""

    words: tuple[str, ...]
    attributes: frozenset[int]
    is_outermost: bool

    def after(self, start: int) -> _Statement:
        """Return what is behind its first words."""
        attributes = frozenset(index - start for index in self.attributes if index >= start)
        return _Statement(self.words[start:], attributes, self.is_outermost)


def reads_files(text: str) -> bool:
    """Return whether a setup.py opens files, whose names are then to be found; not where it changes the folder."""
    return _CHANGES_FOLDER not in text and ("open" in text or "read_text" in text)


def files_read(text: str) -> tuple[str, ...]:
    """Return the paths, from the folder of setup.py on, of the files that it opens for reading in any case.

    Its time and memory grow with the text, to some 40 MB for MOST_CHARACTERS.
    """
    if not reads_files(text):
        return ()
    statements = tuple(_statements(text))
    homes = {statement.words[0] for statement in statements if _is_home(statement)}
    readers = _readers(statements, homes)
    read: dict[str, None] = {}
    written: set[str] = set()
    for statement in statements:
        for index, argument, mode in _opened(statement, readers):
            path = _path(argument, homes)
            if path and not _WRITING.isdisjoint(mode):
                written.add(path)
            elif path and statement.is_outermost and _is_certain(statement.words, index):
                read[path] = None
    return tuple(path for path in read if path not in written)


def _statements(text: str) -> Iterator[_Statement]:
    """Yield the logical lines. A line goes on in brackets and after a backslash."""
    words: list[str] = []
    attributes: set[int] = set()
    depth = end = column = 0
    for found in LEXEME.finditer(text):
        word, start = found[0], found.start()
        between = text[end:start]
        end = found.end()
        if word.startswith("#"):
            end = start  # so that its end of line is between
            continue
        if "\n" in between and not depth and not between.rstrip(" \t\r\n").endswith("\\"):
            if words:
                yield _Statement(tuple(words), frozenset(attributes), not column)
            words, attributes, column = [], set(), start - text.rfind("\n", 0, start) - 1
        if between.endswith("."):
            attributes.add(len(words))
        depth = max(depth + (word in "([{") - (word in ")]}"), 0)
        words.append(word)
    if words:
        yield _Statement(tuple(words), frozenset(attributes), not column)


def _is_home(statement: _Statement) -> bool:
    """Return whether a statement gives the folder of setup.py a name, as `here = os.path.dirname(__file__)` does."""
    name, *value = statement.words[:1] + statement.words[2:]
    is_folder = sum(word in _FOLDER_OF_FILE for word in value) == 1 and "__file__" in value
    is_assigned = statement.is_outermost and statement.words[1:2] == ("=",) and name.isidentifier()
    return is_assigned and is_folder and _PARTS.union(_FOLDER_OF_FILE).issuperset(value)


def _readers(statements: Sequence[_Statement], homes: Collection[str]) -> set[str]:
    """Return the functions that open, in any case, the file that is their first argument."""
    found: set[str] = set()
    function, names = "", set[str]()  # of the argument, and of paths that are made of it
    for statement in statements:
        words = statement.words
        if statement.is_outermost:
            is_function = words[0] == "def" and len(words) > 4 and words[3].isidentifier()
            function, names = (words[1], {words[3]}) if is_function else ("", set())
            found.discard(function)  # the last definition counts
            statement = statement.after(1)  # noqa: PLW2901  # its body may be in the same line
            words = statement.words
        for index, argument, mode in _opened(statement, found) if function else ():
            if not mode and _is_certain(words, index) and _is_path_of(argument, names, homes):
                found.add(function)
        if words[1:2] == ("=",) and _is_path_of(words[2:], names, homes):
            names.add(words[0])
        if words[:1] and words[0] in _UNCERTAIN:
            function = ""
    return found


def _is_path_of(words: Sequence[str], names: AbstractSet[str], homes: Collection[str]) -> bool:
    """Return whether an expression is the path of a file that one of the names stands for, from this folder on."""
    rest = ["''" if word in names else word for word in words]
    return not names.isdisjoint(words) and _path(rest, homes) == ""


def _is_certain(words: Sequence[str], index: int) -> bool:
    """Return whether what a statement calls at this place is called whenever the statement runs.

    The first thing that a loop goes through is, in brackets as well; a condition may follow upon that.
    """
    if "else" in words or "for" in words[index:]:
        return False
    before = [word for word in words[:index] if word in _UNCERTAIN]
    return not before or (before == ["for"] and "in" in words[words.index("for") : index])


def _opened(statement: _Statement, readers: Collection[str]) -> Iterator[tuple[int, Sequence[str], str]]:
    """Yield each `open(…)`, `read_text()` or call of a reader: its place, its path, and the mode that is named."""
    words = statement.words
    for index, word in enumerate(words[:-1]):
        if words[index + 1] != "(":
            continue
        is_method = index in statement.attributes
        if word == "read_text" and index and words[index - 1] == ")":
            yield index, _group(words, index - 1), ""
        elif (word == "open" and (not is_method or words[index - 1] in _OPENERS)) or (
            word in readers and not is_method
        ):
            first, *others = _arguments(words, index + 1)
            texts = [literal(other[-1]) or "" for other in others if len(other) == 1 or other[0] == "mode"]
            if word == "open" or not texts:
                yield index, first, texts[0] if texts else ""


def _group(words: Sequence[str], end: int) -> Sequence[str]:
    """Return the lexemes from the bracket that belongs to the one at `end` up to that; none if they are many."""
    depth = 0
    for index in range(end, max(end - _MOST_WORDS, -1), -1):
        depth += (words[index] in ")]}") - (words[index] in "([{")
        if not depth:
            return words[index : end + 1]
    return ()


def _arguments(words: Sequence[str], start: int) -> list[list[str]]:
    """Return the arguments of the call whose bracket is at `start`; one that is empty if they are many."""
    depth, found = 0, [list[str]()]
    for word in words[start : start + _MOST_WORDS]:
        depth += (word in "([{") - (word in ")]}")
        if not depth:
            return found
        if word == "," and depth == 1:
            found.append([])
        elif word != "(" or depth > 1 or found[0] or len(found) > 1:
            found[-1].append(word)
    return [[]]


def _path(words: Sequence[str], homes: Collection[str]) -> str | None:
    """Return the path that an expression stands for, from the folder of setup.py on; None if that is not certain."""
    folders = [word for word in words if word in _FOLDER_OF_FILE or word in homes]
    literals = [literal(word) for word in words if word not in _PARTS and word not in folders]
    if len(folders) > 1 or not literals or (len(literals) > 1 and "join" not in words):
        return None
    names = [name for name in literals if name is not None]
    path = "/".join(name.strip("/") if folders else name for name in names)
    is_plain = len(names) == len(literals) and not path.startswith("/") and ".." not in path
    return path if is_plain else None
