from __future__ import annotations

from itertools import product

from wheelcheck.facts.file_names import SITE_PACKAGES, joined, place_of


def test_a_member_outside_the_data_folder_is_below_site_packages_whatever_its_name() -> None:
    parts = ("a", "", ".", "..", ".b", "c.so", "lib")
    paths = ["/".join(path) for length in (1, 2, 3) for path in product(parts, repeat=length)]
    assert {path: place_of(path) for path in paths} == {path: joined(SITE_PACKAGES, path) for path in paths}
    assert place_of("a/c.so") == "lib/python3/site-packages/a/c.so"
