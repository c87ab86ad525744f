from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from readme_renderer import rst

from wheelcheck.facts.rst import literal_after, problems

if TYPE_CHECKING:
    from collections.abc import Iterator

GOOD = """\
=====
Title
=====

.. image:: https://example.org/a.svg
   :target: https://example.org
.. |badge| image:: https://example.org/b.svg

A paragraph with ``a literal``, *emphasis*, a link_ and |badge|.

.. _link: https://example.org/link

Use
---

* one, with ``code``
* two: `a page <https://example.org/page>`_
* three, with ``code of
  two lines`` and a paragraph

  with more ``code of
  two lines``

1. one, with ``code of
   two lines``
#. two::

       ``no literal

:field: text with ``code of
    two lines``

-o FILE  an option with ``code of
         two lines``

Like this::

    import demo  # ``not a literal, *not emphasis

.. code-block:: python

    print(f"|x| :func:`y`")

.. note::
   A note with :code:`text` and `another <https://example.org/other>`__ link.

.. list-table::
   :header-rows: 1

   * - a
     - b
   * - c
     - d

======  ======
A       B
======  ======
``1``   |badge|
======  ======

>>> print("``")
``

.. A comment, with ``anything.
"""
BITS = (
    *("``", "**", "`", ":func:`x`", ":code:`x`", ".. toctree::", ".. raw:: html", "|x|", "|badge|", "::", "    ", "- "),
    *("=====", "---", "`a <b>`_", "`a <c>`_", ".. |x| image:: y", ".. _t: u", ">>> a", "..", "| line", ".. note::"),
)


def refused(text: str) -> bool:
    """Return whether PyPI's own renderer refuses the text."""
    return rst.render(text) is None


def mutant(source: random.Random) -> str:
    """Return the good text with one to three lines lost, added, cut or moved, and markup put anywhere."""
    lines = GOOD.splitlines()
    for _ in range(source.randrange(1, 4)):
        place = source.randrange(len(lines))
        line, bit = lines[place], source.choice(BITS)
        column = source.randrange(len(line) + 1)
        lines[place : place + 1] = source.choice(
            [[], [line, bit], [line[:column] + bit + line[column:]], [line[:column]], ["   " + line]]
        )
    return "\n".join(lines) + "\n"


def test_what_is_found_is_refused_by_the_renderer_of_the_index() -> None:
    texts = [mutant(random.Random(seed)) for seed in range(400)]  # noqa: S311  # a seed, no secret
    found = [text for text in texts if any(problems(text))]
    assert len(found) > 60
    assert [text for text in found if not refused(text)] == []


def test_a_sound_description_has_no_problem() -> None:
    assert not refused(GOOD)
    assert list(problems(GOOD)) == []


@pytest.mark.parametrize(
    "text",
    [
        "Code\n::\n\n> ``quoted\n> literal\n",
        "Wide \u4e2d\u6587\n=========\n\na\n",
        "A\n=\n\nB title\n==\n",
        ".. role:: custom\n\n:custom:`x`\n",
        "``a ``b`` c\n",
        "`a <b>`_ and `a <b>`_\n",
    ],
)
def test_what_the_renderer_takes_is_no_problem(text: str) -> None:
    assert not refused(text)
    assert list(problems(text)) == []


class Behind(list[str]):
    """Lines that cannot be gone through from the first one."""

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("gone through from the first line")


def test_behind_a_paragraph_only_the_lines_of_its_literal_block_are_looked_at() -> None:
    """To each the description was gone through from its beginning: without the limit of lines, 256 kB took 30 s."""
    lines = Behind([*[""] * 1_000, "a::", "", " b", "c::", "", "> d"])
    assert literal_after(["a::"], 1_001, lines) == 0
    assert literal_after(["c::"], 1_004, lines) == -1
    assert literal_after(["c"], 1_004, lines) is None
