from __future__ import annotations

import pytest

from wheelcheck.facts.requirements import MOST_ALTERNATIVES, canonical

DEEP = "(" * 1000 + "os_name=='nt'" + ")" * 1000
WIDE = " and ".join(f"(os_name=='{n}' or sys_platform=='{n}')" for n in range(40))


@pytest.mark.parametrize(
    ("field", "one", "other"),
    [
        ("Requires-Dist", "a-b", "A._b"),
        ("Requires-Dist", "a>=1.0,<2", "a (<2.0, >=1)"),
        ("Requires-Dist", "a[x_y,z]", "a[Z,x-y]"),
        ("Requires-Dist", "a @ https://x.org/a.zip", "a@https://x.org/a.zip"),
        ("Requires-Dist", 'a; (os_name == "nt") and extra == "dev"', "a;os.name=='nt' and extra=='dev'"),
        ("Requires-Dist", "a; os_name == 'nt' and extra == 'd'", "a; extra == 'd' and (('nt' == os_name))"),
        ("Requires-Dist", "a; extra == 'Foo_Bar'", "a; 'foo-bar' == extra"),
        ("Requires-Dist", "a; python_version >= '3.8'", "a; '3.8' <= python_version"),
        ("Requires-Dist", "a; os_name=='x' or os_name=='y'", "a; os_name=='y' or (os_name=='x' or os_name=='y')"),
        (
            "Requires-Dist",
            "a; (os_name=='x' or os_name=='y') and extra=='d'",
            "a; os_name=='x' and extra=='d' or os_name=='y' and extra=='d'",
        ),
        ("Requires-Dist", "a; os_name=='x'", "a; os_name=='x' or os_name=='x' and extra=='d'"),
        ("Requires-Dist", "not a requirement!", "not  a requirement !"),
        ("Requires-Dist", f"a; {DEEP}", f"a;  {DEEP}"),
        ("Requires-Dist", f"a; {WIDE}", f"a;  {WIDE}"),
        ("Requires-Python", ">=3.8, <4", "<4.0,>=3.8"),
        ("Requires-Python", "== three", "==three"),
        ("License-Expression", "mit OR apache-2.0", "MIT or Apache-2.0"),
        ("License-Expression", "no licence", "no  licence"),
    ],
)
def test_values_that_mean_the_same_are_equal(field: str, one: str, other: str) -> None:
    assert canonical(field, one) == canonical(field, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a", "b"),
        ("a>=1", "a>=1.1"),
        ("a[x]", "a"),
        ("a; os_name == 'nt'", "a"),
        ("a; os_name == 'nt'", "a; 'nt' in os_name"),
        ("a; 'nt' in os_name", "a; os_name in 'nt'"),
        ("a; python_version >= '3.8'", "a; '3.8' >= python_version"),
        ("a; os_name=='x' or os_name=='y' and extra=='d'", "a; (os_name=='x' or os_name=='y') and extra=='d'"),
        ("a; platform_release == 'x'", "a; platform_release == 'X'"),
        (f"a; {WIDE}", f"a; {WIDE} and extra == 'd'"),
    ],
)
def test_requirements_that_mean_something_else_differ(one: str, other: str) -> None:
    assert canonical("Requires-Dist", one) != canonical("Requires-Dist", other)


def test_a_marker_with_too_many_alternatives_is_compared_as_text() -> None:
    assert MOST_ALTERNATIVES < 2**40
    assert isinstance(canonical("Requires-Dist", f"a; {WIDE}"), str)
