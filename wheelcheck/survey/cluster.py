"""The client of a running Dask scheduler, for a survey. Needs the extra `survey`."""

from __future__ import annotations

import asyncio
import socket
from contextlib import contextmanager
from importlib import import_module

from wheelcheck.inputs import UnreachableError
from wheelcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_FORGETFUL = {"distributed.admin.low-level-log-length": 10}  # else the client keeps its last 1,000 messages, some MB
_OVER_TCP = ("tcp", "tls", "ws", "wss")


@contextmanager
def connected(address: str, patience: float) -> Iterator[Any]:
    """Yield the client of a scheduler with workers. Raises UnreachableError."""
    try:
        distributed = import_module("distributed")
    except ImportError as problem:
        raise UnreachableError("--scheduler needs Dask: pip install 'wheelcheck[survey]'") from problem
    try:
        asyncio.run(_greet(address, patience))
        with import_module("dask").config.set(_FORGETFUL):
            client = distributed.Client(address, timeout=patience, set_as_default=False)
    except Exception as problem:  # what another program says may fail to be read in any way
        why = str(problem) or f"nothing came in {patience:g} seconds"
        raise UnreachableError(f"--scheduler: no Dask scheduler answers at {address}: {why}") from problem
    try:
        _wait_for_workers(client, address, patience)
        yield client
    finally:
        client.close()


async def _greet(address: str, patience: float) -> None:
    """Shake hands with a scheduler, and leave.

    Dask's own client asks again and again where nothing listens, and waits for ever for what listens and says nothing.
    Raises an exception of any kind where no scheduler answers, or that is no address.
    """
    comm, security = import_module("distributed.comm"), import_module("distributed.security").Security()
    scheme, place = comm.parse_address(address)[0], comm.get_address_host_port(address)
    if scheme in _OVER_TCP:
        socket.create_connection(place, patience).close()
    connecting = comm.connect(address, timeout=patience, **security.get_connection_args("client"))
    (await asyncio.wait_for(connecting, patience)).abort()


def _wait_for_workers(client: Any, address: str, patience: float) -> None:  # noqa: ANN401  # of an extra
    try:
        client.wait_for_workers(1, timeout=3 * patience)
    except TimeoutError as problem:
        raise UnreachableError(f"--scheduler: the Dask scheduler at {address} has no workers: start one") from problem
