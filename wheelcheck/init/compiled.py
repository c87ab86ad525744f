"""What a build backend compiles into the wheels, and what that means for their tags."""

from __future__ import annotations

from wheelcheck.records import dataclass
from wheelcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from wheelcheck.config import Payload

ANY_PYTHON = ("py3-none",)


@dataclass(frozen=True, slots=True)
class Compiled:
    """What the backend compiles: extension modules, seen in the tags, and programs, which are payload.

    `python` holds the interpreter and ABI tags as the configuration writes them. With `needs_each_python` the tag is
    that of the Python that builds, so every one of them is needed. `module` is the package that the settings name,
    empty if they name none. `rust`: the backend calls cargo. `features`, the default
    ones, `payload_only`, `settings` (for the backend) and `environment` are what the builder must be told to build the
    same. `root` is
    the root of the repository if the backend packs crates from above the project.
    """

    python: tuple[str, ...] = ANY_PYTHON
    payload: tuple[Payload, ...] = ()
    needs_each_python: bool = False
    rust: bool = False
    module: str = ""
    workspace: str = "."
    features: tuple[str, ...] = ()
    default_features: bool = True
    payload_only: bool = False
    root: Path | None = None
    settings: tuple[tuple[str, str], ...] = ()
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def is_nothing(self) -> bool:
        """Whether the wheels of the backend are the same for every machine."""
        return self.python == ANY_PYTHON and not self.payload


def stable(minor: int) -> tuple[str, ...]:
    """Return the tag of wheels for the stable ABI since Python 3.`minor`."""
    return (f"cp3{minor}-abi3",)
