"""The report that the Python API returns: the value of `results`, which can also write itself."""

from __future__ import annotations

from dataclasses import fields

from wheelcheck import results
from wheelcheck.report import render


class Report(results.Report):
    """What was examined and what was found; the fields are those of `wheelcheck.results.Report`."""

    @classmethod
    def of(cls, report: results.Report) -> Report:
        """Return the same report with the methods below."""
        return cls(**{field.name: getattr(report, field.name) for field in fields(report)})

    def to_json(self) -> str:
        """Return the report as JSON, as `--report json=FILE` writes it; schema/report-1.json describes it."""
        return render(self, "json")

    def to_html(self) -> str:
        """Return the report as a whole HTML page that loads nothing, as `--report html=FILE` writes it."""
        return render(self, "html")

    def to_sarif(self) -> str:
        """Return the report as SARIF 2.1.0, as `--report sarif=FILE` writes it."""
        return render(self, "sarif")

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the verdict, the totals and the worst findings."""
        from wheelcheck.report.html import brief  # noqa: PLC0415  # only a notebook asks

        return brief(self)
