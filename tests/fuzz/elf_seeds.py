"""Libraries, modules and programs to change: compiled here, of every kind that loaders tell apart."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

from tests.fuzz.elf_anatomy import Anatomy
from tests.support import native
from tests.support.artifacts import EXECUTABLE
from tests.support.native_files import MODULE

if TYPE_CHECKING:
    from collections.abc import Iterator

# Calls bound late, a function's address (bound at once), a variable of libc, thread-local storage and a table of
# pointers to relocate. pthread_create moved in 2.34, stat came in 2.33, arc4random in 2.36.
MODULE_C = """
extern int pthread_create(void *, void *, void *, void *), stat(const char *, void *);
extern int puts(const char *);
extern double cos(double);
extern char **environ;
#ifdef NEW
extern int arc4random(void);
#else
#define arc4random() 4
#endif
static __thread int counter;
static int one(void) { return ++counter; }
static int two(void) { return --counter; }
int (*table[])(void) = {one, two, one, two};
int (*taken)(const char *) = puts;
#ifdef STAT
int (*status)(const char *, void *) = stat;
#endif
void *PyInit__x(void) { return taken("42") > pthread_create(0, 0, 0, 0) + (int)cos(counter) ? environ : (char **)0; }
int answer(int at) { return table[at & 3]() + arc4random(); }
"""
NOW, LAZY = "-Wl,-z,now", "-Wl,-z,lazy"
SHAPE = ("-shared", "-fPIC", "-O1", "-fno-sanitize=all", "-lm")
UNVERSIONED = (*SHAPE[:-1], "-nostdlib", "-Wl,-z,undefs")
PAGES = ("-Wl,-z,max-page-size=65536",)


@dataclass(frozen=True)
class Seed:
    """A sound ELF file: its name, for which C library, from which glibc on, and its place in a wheel."""

    name: str
    content: bytes
    floor: str = ""  # empty for musl
    path: str = MODULE
    is_program: bool = False

    @cached_property
    def anatomy(self) -> Anatomy:
        """The file, taken apart once."""
        return Anatomy(self.content)

    @property
    def mode(self) -> int:
        """The mode of the file in a wheel."""
        return EXECUTABLE if self.is_program else 0o100644


@cache
def seeds() -> tuple[Seed, ...]:
    """Return all seeds, compiled once."""
    return (*_modules(), *_programs(), *_for_musl())


def _modules() -> Iterator[Seed]:
    for floor, flags in (
        ("2.17", (LAZY,)),
        ("2.17", (NOW,)),
        ("2.17", ("-s", LAZY, "-Wl,--hash-style=gnu")),
        ("2.28", (LAZY, "-Wl,--hash-style=sysv")),
        ("2.34", ("-DSTAT", LAZY)),
        ("2.34", ("-s", NOW, "-Wl,--hash-style=gnu")),
        ("2.36", ("-DNEW", "-DSTAT")),
        ("2.36", ("-DNEW", "-s", LAZY, "-Wl,--hash-style=both")),
    ):
        content = native.compile_c(MODULE_C, f"x86_64-linux-gnu.{floor}", *SHAPE, *PAGES, *flags, name="_x.so")
        yield Seed(f"module for {floor} {' '.join(flags)}".strip(), content, floor)
    for flags in ((LAZY,), (NOW, "-DNEW", "-DSTAT"), (LAZY, "-DNEW")):
        content = native.compile_c(MODULE_C, "x86_64-linux-gnu.2.17", *UNVERSIONED, *PAGES, *flags, name="_x.so")
        yield Seed(
            f"module without versions {' '.join(flags)}".strip(), content, "2.36" if "-DNEW" in flags else "2.17"
        )


def _programs() -> Iterator[Seed]:
    for floor, flags in (("2.17", ("-pie", "-s")), ("2.34", ("-pie",)), ("2.34", ("-no-pie", "-s"))):
        target = f"x86_64-linux-gnu.{floor}"
        content = native.compile_c(native.PROGRAM_C, target, "-fno-sanitize=all", *flags, name="tool")
        yield Seed(f"program for {floor} {flags[0]}", content, floor, "demo/bin/tool", is_program=True)


def _for_musl() -> Iterator[Seed]:
    for flags in ((LAZY,), ("-s", NOW)):
        content = native.compile_c(MODULE_C, "x86_64-linux-musl", *SHAPE, *flags, name="_x.so")
        yield Seed(f"module for musl {' '.join(flags)}".strip(), content, path=MODULE.replace("gnu", "musl"))
