"""What a wheel with a manylinux or musllinux tag may expect from a Linux system, by auditwheel's published policies."""

from __future__ import annotations

import re
from functools import lru_cache

from wheelcheck.platforms import arch, data
from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelcheck.platforms.tags import Platform


@dataclass(frozen=True, slots=True)
class LinuxPolicy:
    """What a wheel may expect from a Linux system under one tag: libraries, and the versions they offer.

    `newest` maps a symbol family (GLIBCXX, CXXABI, GCC, …) to its newest version, `others` to its names without number.
    """

    libraries: frozenset[str]
    newest: Mapping[str, tuple[int, ...]]
    others: frozenset[str]

    def offers(self, version: str) -> bool:
        """Return whether a version such as `GLIBCXX_3.4.21` is offered; an unknown family is not judged."""
        family, _, number = version.partition("_")
        if family not in self.newest:
            return True
        if not re.fullmatch(r"(?:0|[1-9][0-9]{0,8})(?:\.(?:0|[1-9][0-9]{0,8}))*", number):  # never a leading zero
            return version in self.others
        return tuple(int(part) for part in number.split(".")) <= self.newest[family]


@lru_cache(maxsize=256)
def linux_policy(platform: Platform) -> LinuxPolicy | None:
    """Return the policy for a tag: that of its floor, or of the nearest older one; None if there is none.

    A CPU that auditwheel has not measured at that floor gets what any CPU has there: a distribution's compiler has one
    version on all of them. Below the CPU's first glibc, the floor is that.
    """
    family = {"glibc": "manylinux", "musl": "musllinux"}.get(platform.libc)
    if family is None or len(platform.arches) != 1:
        return None
    cpu, floor = platform.arches[0], platform.floor
    policies = {_version(name): policy for name, policy in _policy_data()[family].items()}
    if floor < min(policies):
        return None
    if family == "manylinux" and not any(v <= floor and cpu in policy["versions"] for v, policy in policies.items()):
        floor = max(floor, arch.find(cpu).lowest_glibc)
    nearest = policies[max(version for version in policies if version <= floor)]
    return _policy(nearest, [cpu] if cpu in nearest["versions"] else list(nearest["versions"]))


def policy_floors(libc: str) -> tuple[tuple[int, ...], ...]:
    """Return the versions of a C library for which there is a policy, the oldest first."""
    family = {"glibc": "manylinux", "musl": "musllinux"}[libc]
    return tuple(sorted(map(_version, _policy_data()[family])))


def _policy(policy: dict[str, Any], cpus: list[str]) -> LinuxPolicy:
    """Return what a policy offers on any of these CPUs; of glibc, where CentOS patched one CPU's, on all of them."""
    newest: dict[str, tuple[int, ...]] = {}
    others: set[str] = set()
    for families in (policy["versions"][cpu] for cpu in cpus):
        for family, summary in families.items():
            version, among = _numbers(summary["newest"]), min if family == "GLIBC" else max
            newest[family] = among(newest.get(family, version), version)
            others |= {f"{family}_{other}" for other in summary["others"]}
    return LinuxPolicy(frozenset(policy["libraries"]), newest, frozenset(others))


def _version(name: str) -> tuple[int, ...]:
    return tuple(int(part) for part in name.split("_")[1:])


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")) if version else ()


@lru_cache(maxsize=1)
def _policy_data() -> dict[str, Any]:
    """Return auditwheel's published policies as tools/manylinux.py wrote them."""
    found: dict[str, Any] = data.load("manylinux.json")
    return found
