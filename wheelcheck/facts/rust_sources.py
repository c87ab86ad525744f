"""What Rust sources take from other files when they are compiled, read without a compiler."""

from __future__ import annotations

import re

from wheelcheck.patterns import regex
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from wheelcheck.facts.text_limits import LexemeBudget

# Two expressions that begin with a word are searched much faster than one with a choice.
_MODULE, _INCLUDE = regex(rb"mod\s+[\w#]+\s*;"), regex(rb"include(?:_str|_bytes)?!")
_BYTES_PER_LEXEME = 16  # as much work as one, at least
# Comments, strings, attributes and what opens or ends an item. What does not end, ends with the file, so that every
# match succeeds at once and the time is linear.
_LEXEME = regex(
    rb"""//[^\n]*
    |/\*
    |\b(?:br|r|cr)(?P<raw>\#*)"
    |\bb?"(?:[^\\"]+|\\.?)*"?
    |"(?:[^\\"]+|\\.?)*"?
    |'(?:\\[^\n']{1,10}|[^\\'\n])'
    |\#(?P<inner>!?)\[
    |\bmod\s+(?:r\#)?(?P<module>[A-Za-z_]\w*)\s*;
    |\binclude(?:_str|_bytes)?!\s*[({[]\s*"(?P<file>[^"\\\n]{1,256})"\s*[)}\]]
    |(?P<macro>!)\s*(?:\w+\s*)?\{
    |[{};]""",
    re.DOTALL | re.VERBOSE,
)
_COMMENT = regex(rb"/\*|\*/")
_BRACKET = regex(rb"""[\[\]]|"(?:[^\\"]+|\\.?)*"?""", re.DOTALL)
_CONDITION = regex(rb"\bcfg(?:_attr)?\b|\btest\b|\bpath\b")
_NAMED = regex(rb"""\binclude(?:_str|_bytes)?!\s*\(\s*"([^"\\\n]{1,256})"\s*\)""")


def modules_and_files(content: bytes, budget: LexemeBudget) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the modules that a source says are in files of their own, and the files that it includes by a path.

    Only what is compiled whatever the target and the features are: what stands after `#[cfg(…)]` is left out, and so is
    what is in blocks of macros or in conditional functions and modules. Modules are those of the top level, whose place
    follows from that of the file; paths are relative to it.
    """
    walk = _Walk(content, budget)
    if _MODULE.search(content) or _INCLUDE.search(content):
        walk.run()
    return tuple(walk.modules), tuple(walk.files)


class _Walk:
    """The walk over one source: where it is, and whether what follows is compiled in any case."""

    def __init__(self, content: bytes, budget: LexemeBudget) -> None:
        self.content = content
        self.budget = budget
        self.at = 0
        self.blocks = [False]  # whether what is in each open block is conditional
        self.conditional = False  # whether the next item is
        self.modules: dict[str, None] = {}
        self.files: dict[str, None] = {}

    def run(self) -> None:
        self.budget.spend(len(self.content) // _BYTES_PER_LEXEME)
        while self.budget.spend() and (lexeme := _LEXEME.search(self.content, self.at)):
            self.at = lexeme.end()
            if lexeme[0] == b"/*":
                self._skip_comment()
            elif lexeme["raw"] is not None:
                self._skip_past(b'"' + lexeme["raw"])
            elif lexeme["inner"] is not None:
                self._attribute(is_inner=bool(lexeme["inner"]))
            elif lexeme["module"] or lexeme["file"]:
                self._take(lexeme["module"], lexeme["file"])
            elif lexeme[0].endswith(b"{"):
                self.blocks.append(self.blocks[-1] or self.conditional or lexeme["macro"] is not None)
                self.conditional = False
            elif lexeme[0] in (b"}", b";"):
                self._end(is_block=lexeme[0] == b"}")

    def _take(self, module: bytes | None, file: bytes | None) -> None:
        is_certain = not (self.conditional or self.blocks[-1])
        if file and is_certain:
            self.files[file.decode("utf-8", "replace")] = None
        if module and is_certain and len(self.blocks) == 1:
            self.modules[module.decode("utf-8", "replace")] = None
        self.conditional = self.conditional and not module

    def _end(self, *, is_block: bool) -> None:
        if is_block and len(self.blocks) > 1:
            self.blocks.pop()
        self.conditional = False

    def _attribute(self, *, is_inner: bool) -> None:
        """Read an attribute: a condition holds for the next item, and that of `#![…]` for the block around it."""
        start = self.at
        self._skip_brackets()
        text = self.content[start : self.at]
        if not _CONDITION.search(text):
            for named in self.budget.within(_NAMED.finditer(text)):
                self._take(None, named[1])
        elif is_inner:
            self.blocks[-1] = True
        else:
            self.conditional = True

    def _skip_past(self, end: bytes) -> None:
        found = self.content.find(end, self.at)
        self.at = len(self.content) if found < 0 else found + len(end)

    def _skip_comment(self) -> None:
        """Go past a block comment; they nest."""
        self._skip_nested(_COMMENT, b"/*", b"*/")

    def _skip_brackets(self) -> None:
        self._skip_nested(_BRACKET, b"[", b"]")

    def _skip_nested(self, marks: re.Pattern[bytes], opening: bytes, closing: bytes) -> None:
        depth = 1
        for mark in self.budget.within(marks.finditer(self.content, self.at)):
            depth += (mark[0] == opening) - (mark[0] == closing)
            if not depth:
                self.at = mark.end()
                return
        self.at = len(self.content)
