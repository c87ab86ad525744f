"""`python -m wheelcheck.survey` is a worker process of a survey."""

from __future__ import annotations

from wheelcheck.survey.worker import main

if __name__ == "__main__":
    main()
