"""The inventory of a wheel's bundled binaries: which crates they were compiled from, as CycloneDX JSON (PEP 770).

The document is one dict; a library for it would bring six packages into every build. The tests validate it with
CycloneDX's own schema.
"""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timezone

from packageurl import PackageURL
from packaging.utils import canonicalize_name

from wheelcheck import __version__
from wheelcheck.builder.run import BuildError, Command
from wheelcheck.facts.file_names import member_path, parse_file_name
from wheelcheck.records import replace
from wheelcheck.toml_document import parse_document
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from wheelcheck.builder.stage import Manifest, Staged
    from wheelcheck.builder.toolchain import Target

PATH = "sboms/wheelcheck.cdx.json"  # in .dist-info, PEP 770
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://cyclonedx.org/wheelcheck")
_CRATES_IO = ("registry+https://github.com/rust-lang/crates.io-index", "sparse+https://index.crates.io/")
Graph = dict[str, Any]


def metadata_command(workspace: Path, target: Target, env: Mapping[str, str], features: Iterable[str] = ()) -> Command:
    """Return the command that prints which crates are compiled for a target, at the versions of the lock file."""
    words = ("--format-version", "1", "--locked", "--filter-platform", target.arch.rust_triple)
    return Command(("cargo", "metadata", *words, *features), workspace, env)


def read(output: str) -> Graph:
    """Return cargo's metadata. Raises BuildError for anything else."""
    try:
        graph = json.loads(output)
        return {key: graph[key] for key in ("packages", "workspace_members", "resolve")}
    except (ValueError, TypeError, KeyError) as problem:
        raise BuildError("cargo metadata", f"its output cannot be read ({problem!r})", "update cargo") from problem


def merged(graphs: Iterable[Graph]) -> Graph:
    """Return the metadata of several workspaces as if they were one."""
    together = tuple(graphs)
    nodes = [node for graph in together for node in graph["resolve"]["nodes"]]
    lists = {key: [one for graph in together for one in graph[key]] for key in ("packages", "workspace_members")}
    return {**lists, "resolve": {"nodes": nodes}}


def merged_locks(locks: Iterable[str]) -> str:
    """Return the packages of several lock files as one; only the header about the format precedes the first package."""
    return "\n".join(lock[lock.index("[[package]]") :] for lock in locks if "[[package]]" in lock)


def document(graph: Graph, lock: str, wheel: str, manifest: Manifest, seconds: int) -> dict[str, Any]:
    """Return the CycloneDX 1.6 document of a wheel: its binaries, the crates in each, their licences and hashes.

    Raises BuildError for a payload whose package cargo's metadata lacks. The serial number is derived from the
    content, the timestamp is the date of the sources: the same build gives the same document.
    """
    manifest = replace(manifest, files=tuple(replace(one, path=member_path(one.path, wheel)) for one in manifest.files))
    roots = {file.path: _package_id(graph, file) for file in manifest.files if file.package}
    packages = {package["id"]: package for package in graph["packages"]}
    # the id of a path dependency begins with its folder, which differs from build to build
    reached = sorted(_reached(graph, roots.values()), key=lambda package_id: _ref(packages[package_id]))
    refs = {package_id: _ref(packages[package_id]) for package_id in reached}
    checksums = _checksums(lock)
    subject = _subject(wheel)
    binaries = [_binary(file, manifest) for file in manifest.files]
    crates = [_crate(packages[package_id], checksums) for package_id in reached]
    content = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(seconds, timezone.utc).isoformat().replace("+00:00", "Z"),
            "tools": {"components": [{"type": "application", "name": "wheelcheck", "version": __version__}]},
            "component": subject,
        },
        "components": [*binaries, *crates],
        "dependencies": [
            {"ref": subject["bom-ref"], "dependsOn": sorted(file.path for file in manifest.files)},
            *({"ref": path, "dependsOn": [refs[root]]} for path, root in sorted(roots.items())),
            *({"ref": refs[one], "dependsOn": sorted(refs[two] for two in _needs(graph, one))} for one in reached),
        ],
    }
    serial = uuid.uuid5(_NAMESPACE, json.dumps(content, sort_keys=True))
    return {"$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", "serialNumber": serial.urn, **content}


def render(content: Mapping[str, Any]) -> bytes:
    """Return a document as the bytes of its file."""
    return (json.dumps(content, indent=2, sort_keys=True) + "\n").encode()


def _package_id(graph: Graph, file: Staged) -> str:
    members = graph["workspace_members"]
    found = [one["id"] for one in graph["packages"] if one["name"] == file.package and one["id"] in members]
    if not found:
        problem = f"cargo metadata lists no package {file.package!r} in the workspace"
        raise BuildError(f"payload {file.name}", problem, "fix its package in [[tool.wheelcheck.payload]]")
    return str(found[0])


def _reached(graph: Graph, roots: Iterable[str]) -> set[str]:
    reached: set[str] = set()
    waiting = list(roots)
    while waiting:
        package_id = waiting.pop()
        if package_id not in reached:
            reached.add(package_id)
            waiting += _needs(graph, package_id)
    return reached


def _needs(graph: Graph, package_id: str) -> set[str]:
    """Return what a package is compiled with. Dependencies only of its tests are not in any binary."""
    node = next(node for node in graph["resolve"]["nodes"] if node["id"] == package_id)
    return {need["pkg"] for need in node["deps"] if any(kind["kind"] != "dev" for kind in need["dep_kinds"])}


def _subject(wheel: str) -> dict[str, str]:
    name = parse_file_name(wheel)
    purl = PackageURL("pypi", None, canonicalize_name(name.project), str(name.version)).to_string()
    return {"type": "library", "bom-ref": wheel, "name": name.project, "version": str(name.version), "purl": purl}


def _binary(file: Staged, manifest: Manifest) -> dict[str, Any]:
    facts = {"kind": file.kind, "target": manifest.target}
    return {
        "type": "file",
        "bom-ref": file.path,
        "name": file.path,
        "hashes": [{"alg": "SHA-256", "content": file.sha256}],
        "properties": [{"name": f"wheelcheck:{name}", "value": value} for name, value in facts.items()],
    }


def _crate(package: Mapping[str, Any], checksums: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    component = {
        "type": "library",
        "bom-ref": _ref(package),
        "name": package["name"],
        "version": package["version"],
    }
    if purl := _purl(package):
        component["purl"] = purl
    if package.get("license"):
        # cargo still accepts a slash for OR, which SPDX never had
        component["licenses"] = [{"expression": " OR ".join(package["license"].replace(" / ", "/").split("/"))}]
    if checksum := checksums.get((package["name"], package["version"])):
        component["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    return component


def _purl(package: Mapping[str, Any]) -> str:
    """Return the canonical package URL of a crate, empty for a crate of the project itself.

    A plain `pkg:cargo/NAME@VERSION` means the crate of that name on crates.io, and scanners report its
    vulnerabilities: a private crate, or one from git or another registry, must not claim to be it.
    """
    source = str(package.get("source") or "")
    if not source:
        return ""
    qualifiers = {}
    if source.startswith("git+"):
        qualifiers = {"vcs_url": source}
    elif source not in _CRATES_IO:
        qualifiers = {"repository_url": source.partition("+")[2]}
    return PackageURL("cargo", None, package["name"], package["version"], qualifiers).to_string()


def _ref(package: Mapping[str, Any]) -> str:
    """Return what the document calls a crate: its package URL, or for the project's own crates name and version."""
    return _purl(package) or f"{package['name']}@{package['version']}"


def _checksums(lock: str) -> dict[tuple[str, str], str]:
    packages = parse_document(lock).get("package", [])
    return {(entry["name"], entry["version"]): entry["checksum"] for entry in packages if "checksum" in entry}
