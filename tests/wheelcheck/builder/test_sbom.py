from __future__ import annotations

import json
import os
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from tests.support.crates import INPUTS, probe
from tests.support.reference import wheel_of
from wheelcheck.builder import run, sbom
from wheelcheck.builder.run import BuildError
from wheelcheck.builder.stage import Manifest, Staged
from wheelcheck.builder.toolchain import Target
from wheelcheck.cli import main
from wheelcheck.platforms.arch import find

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.builder.pipeline import Build

TARGET = Target(find("x86_64"), (2, 17))
DIGEST = "0f" * 32
MANIFEST = Manifest(
    TARGET.zigbuild, "x86_64", "2.17", INPUTS, (Staged("p/bin/probe", "probe", "probe", "executable", DIGEST, 1),)
)
WHEEL = "My_Probe-1.0-py3-none-manylinux_2_17_x86_64.whl"
REGISTRY = "registry+https://github.com/rust-lang/crates.io-index"


def faults(document: dict[str, Any]) -> object:
    """Return what CycloneDX's own schema has against a document; None is nothing."""
    return JsonStrictValidator(SchemaVersion.V1_6).validate_str(sbom.render(document).decode())


def package(name: str, version: str = "1.0.0", *, source: str | None = REGISTRY, **more: str) -> dict[str, Any]:
    return {"id": f"{source}#{name}@{version}", "name": name, "version": version, "source": source, **more}


def needs(one: dict[str, Any], **kinds: dict[str, Any]) -> dict[str, Any]:
    deps = [
        {"pkg": two["id"], "dep_kinds": [{"kind": None if kind == "normal" else kind}]} for kind, two in kinds.items()
    ]
    return {"id": one["id"], "deps": deps}


PROBE = package("probe", source=None, license="MIT/Apache-2.0")
LIBC, CC, TRIAL, OTHER = package("libc"), package("cc"), package("trial"), package("other")
GRAPH = {
    "packages": [PROBE, LIBC, CC, TRIAL, OTHER],
    "workspace_members": [PROBE["id"]],
    "resolve": {
        "nodes": [
            needs(PROBE, normal=LIBC, build=CC, dev=TRIAL),
            needs(LIBC),
            needs(CC, normal=LIBC),
            needs(TRIAL),
            needs(OTHER),
        ]
    },
}
LOCK = f"""
version = 4
[[package]]
name = "libc"
version = "1.0.0"
checksum = "{DIGEST}"
[[package]]
name = "probe"
version = "1.0.0"
"""


def document() -> dict[str, Any]:
    return sbom.document(GRAPH, LOCK, WHEEL, MANIFEST, 1_700_000_000)


def test_the_document_is_valid_cyclonedx() -> None:
    assert faults(document()) is None


def test_an_invalid_document_would_be_noticed() -> None:
    assert faults({**document(), "serialNumber": "12"}) is not None


def test_it_names_the_binary_the_crates_compiled_into_it_and_no_other() -> None:
    components = document()["components"]
    assert [(one["type"], one["name"]) for one in components] == [
        ("file", "p/bin/probe"),
        ("library", "cc"),
        ("library", "libc"),
        ("library", "probe"),
    ]
    assert components[0]["hashes"] == [{"alg": "SHA-256", "content": DIGEST}]


def test_a_crate_has_its_version_licence_and_the_checksum_of_the_lock() -> None:
    crates = {one["name"]: one for one in document()["components"][1:]}
    assert crates["probe"]["licenses"] == [{"expression": "MIT OR Apache-2.0"}]
    assert crates["libc"]["hashes"] == [{"alg": "SHA-256", "content": DIGEST}]
    assert crates["libc"]["purl"] == "pkg:cargo/libc@1.0.0"
    assert "hashes" not in crates["cc"]


def test_the_graph_goes_from_the_wheel_to_its_binaries_to_their_crates() -> None:
    graph = {one["ref"]: one["dependsOn"] for one in document()["dependencies"]}
    assert graph == {
        WHEEL: ["p/bin/probe"],
        "p/bin/probe": ["probe@1.0.0"],
        "probe@1.0.0": ["pkg:cargo/cc@1.0.0", "pkg:cargo/libc@1.0.0"],
        "pkg:cargo/cc@1.0.0": ["pkg:cargo/libc@1.0.0"],
        "pkg:cargo/libc@1.0.0": [],
    }


def test_the_subject_is_the_wheel_by_its_normalised_name() -> None:
    metadata = document()["metadata"]
    assert metadata["component"]["purl"] == "pkg:pypi/my-probe@1.0"
    assert metadata["timestamp"] == "2023-11-14T22:13:20Z"


def test_the_same_build_gives_the_same_serial_number_and_another_binary_another() -> None:
    other = replace(MANIFEST, files=())
    assert document() == document()
    assert sbom.document(GRAPH, LOCK, WHEEL, other, 1_700_000_000)["serialNumber"] != document()["serialNumber"]


def test_a_crate_from_git_is_distinguished_from_one_with_the_same_version_from_a_registry() -> None:
    forked = package("libc", source="git+https://example.org/libc#abc")
    graph = {
        "packages": [PROBE, LIBC, forked],
        "workspace_members": [PROBE["id"]],
        "resolve": {"nodes": [needs(PROBE, normal=LIBC, build=forked), needs(LIBC), needs(forked)]},
    }
    found = sbom.document(graph, LOCK, WHEEL, MANIFEST, 0)
    assert faults(found) is None
    assert "pkg:cargo/libc@1.0.0?vcs_url=git%2Bhttps://example.org/libc%23abc" in str(found)


@pytest.mark.parametrize(
    ("crate", "purl"),
    [
        (package("zstd-sys", "2.0.15+zstd.1.5.7"), "pkg:cargo/zstd-sys@2.0.15%2Bzstd.1.5.7"),
        (package("libc", source="sparse+https://index.crates.io/"), "pkg:cargo/libc@1.0.0"),
        (
            package("libc", source="registry+https://index.example.org/crates"),
            "pkg:cargo/libc@1.0.0?repository_url=https://index.example.org/crates",
        ),
        (
            package("libc", source="sparse+https://index.example.org/crates/"),
            "pkg:cargo/libc@1.0.0?repository_url=https://index.example.org/crates/",
        ),
        (
            package("libc", source="git+https://example.org/libc?branch=next#abc"),
            "pkg:cargo/libc@1.0.0?vcs_url=git%2Bhttps://example.org/libc%3Fbranch%3Dnext%23abc",
        ),
    ],
    ids=["a + in the version", "sparse crates.io", "a registry", "a sparse registry", "git"],
)
def test_a_crate_has_the_canonical_purl_of_its_source(crate: dict[str, Any], purl: str) -> None:
    graph = {
        "packages": [PROBE, crate],
        "workspace_members": [PROBE["id"]],
        "resolve": {"nodes": [needs(PROBE, normal=crate), needs(crate)]},
    }
    found = sbom.document(graph, LOCK, WHEEL, MANIFEST, 0)
    assert faults(found) is None
    assert [one["purl"] for one in found["components"] if "purl" in one] == [purl]
    assert PackageURL.from_string(purl).to_string() == purl


def test_a_crate_of_the_project_does_not_claim_to_be_one_of_crates_io() -> None:
    (probe_crate,) = [one for one in document()["components"] if one["name"] == "probe"]
    assert (probe_crate["bom-ref"], probe_crate.get("purl")) == ("probe@1.0.0", None)


def test_a_local_version_is_quoted_in_the_purl_of_the_wheel() -> None:
    found = sbom.document(GRAPH, LOCK, WHEEL.replace("-1.0-", "-1.0+cpu-"), MANIFEST, 0)
    assert found["metadata"]["component"]["purl"] == "pkg:pypi/my-probe@1.0%2Bcpu"


def test_a_payload_of_no_package_is_refused() -> None:
    with pytest.raises(BuildError, match="payload probe: cargo metadata lists no package 'probe'"):
        sbom.document({**GRAPH, "workspace_members": []}, LOCK, WHEEL, MANIFEST, 0)


@pytest.mark.parametrize("output", ["", "[]", "{}", "warning: x"])
def test_output_that_is_not_metadata_is_refused(output: str) -> None:
    with pytest.raises(BuildError, match="cargo metadata: its output cannot be read"):
        sbom.read(output)


def test_cargo_itself_says_what_a_real_crate_is_compiled_with(tmp_path: Path) -> None:
    folder = probe(tmp_path / "p")
    manifest = (folder / "Cargo.toml").read_text()
    tables = "[dependencies]\ninner = { path = 'inner' }\n[dev-dependencies]\ntrial = { path = 'trial' }\n"
    (folder / "Cargo.toml").write_text(manifest + tables)
    for name in ("inner", "trial"):
        (folder / name / "src").mkdir(parents=True)
        (folder / name / "src" / "lib.rs").touch()
        (folder / name / "Cargo.toml").write_text(f'[package]\nname = "{name}"\nversion = "0.2.0"\nlicense = "MIT"\n')
    (folder / "Cargo.lock").unlink()
    env = run.for_cargo(os.environ)
    run.run(run.Command(("cargo", "generate-lockfile", "--offline"), folder, env), print)
    graph = sbom.read(run.run(sbom.metadata_command(folder, TARGET, env), print))
    found = sbom.document(graph, (folder / "Cargo.lock").read_text(), WHEEL, MANIFEST, 0)
    assert faults(found) is None
    assert [one["name"] for one in found["components"]] == ["p/bin/probe", "inner", "probe"]


@pytest.mark.parametrize(("words", "crates"), [((), ["inner", "probe"]), (("--no-default-features",), ["probe"])])
def test_the_dependencies_of_a_feature_are_in_the_inventory_only_if_it_is_built(
    tmp_path: Path, words: tuple[str, ...], crates: list[str]
) -> None:
    folder = probe(tmp_path / "p")
    with (folder / "Cargo.toml").open("a") as manifest:
        manifest.write("[dependencies]\ninner = { path = 'inner', optional = true }\n[features]\ndefault = ['inner']\n")
    (folder / "inner" / "src").mkdir(parents=True)
    (folder / "inner" / "src" / "lib.rs").touch()
    (folder / "inner" / "Cargo.toml").write_text('[package]\nname = "inner"\nversion = "0.2.0"\n')
    (folder / "Cargo.lock").unlink()
    env = run.for_cargo(os.environ)
    run.run(run.Command(("cargo", "generate-lockfile", "--offline"), folder, env), print)
    graph = sbom.read(run.run(sbom.metadata_command(folder, TARGET, env, words), print))
    found = sbom.document(graph, (folder / "Cargo.lock").read_text(), WHEEL, MANIFEST, 0)
    assert [one["name"] for one in found["components"]][1:] == crates


def test_the_inventory_names_a_script_by_its_place_in_the_wheel() -> None:
    record = replace(MANIFEST, files=tuple(replace(one, path=".data/scripts/probe") for one in MANIFEST.files))
    found = sbom.document(GRAPH, LOCK, WHEEL, record, 0)
    place = f"{'-'.join(WHEEL.split('-')[:2])}.data/scripts/probe"
    assert found["components"][0]["name"] == place
    assert found["dependencies"][0]["dependsOn"] == [place]


def test_the_reference_wheel_carries_a_valid_inventory_of_every_staged_file(
    built: Build, capsys: pytest.CaptureFixture[str]
) -> None:
    with zipfile.ZipFile(wheel_of(built)) as archive:
        (name,) = [name for name in archive.namelist() if "/sboms/" in name]
        content = archive.read(name)
    assert name.endswith(f".dist-info/{sbom.PATH}")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(content.decode()) is None
    files = {
        one["name"]: one["hashes"][0]["content"] for one in json.loads(content)["components"] if one["type"] == "file"
    }
    assert files == {file.path: file.sha256 for file in built.staged().manifest.files}
    assert main(["check", "--no-config", str(wheel_of(built))]) == 0, capsys.readouterr().out
