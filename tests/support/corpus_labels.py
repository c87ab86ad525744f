"""Labels and judgements of invented releases, for the tests of the corpus tools."""

from __future__ import annotations

from typing import Any

from tools.corpus_judging import KINDS, Judgement, Label, judge

DEFECT = Label("p", "p-1.whl", "defect", expected=("wrong-arch",), soft=("soabi-in-generic",), complete=True)
TRAP = Label("p", "p-1.whl", "trap", traps=("wrong-arch",))
CLEAN = Label("p", "p-1.whl", "clean", complete=True)
PLAIN = Label("p", "p-1.whl")
POPULAR_WHEEL = Label("p", "p-3.whl", "clean", complete=True, popularity="popular-native")
POPULAR_SDIST = Label("p", "p-3.tar.gz", "clean", complete=True, popularity="pure")
POPULAR_TRAP = Label("p", "p-4.whl", "trap", traps=("wrong-arch",), complete=True, popularity="popular-tricky")


def finding(code: str, severity: str = "error", path: str = "p/x.so") -> dict[str, Any]:
    return {"code": code, "severity": severity, "artifact": "p-1.whl", "path": path, "message": f"{code} of {path}"}


def judged(label: Label, *codes: str, verdict: str = "fail") -> Judgement:
    return judge(label, verdict, [finding(code) for code in codes])


def code(kind: str) -> str:
    return KINDS[kind][0]
