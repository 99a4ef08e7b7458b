"""The smallest router there is: each organization has a host name, and a map says which cell it lives in."""

import asyncio
from collections.abc import Mapping

from tests.scale.proxy import Address, Proxy

AWAY = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 60\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
HEAD_LIMIT = 65_536


class Router(Proxy):
    """Reads the name that a connection asks for and passes it on, whole, to the cell of that name.

    One client keeps one connection for one name, as every HTTP client does. A name that is in no map gets 503: an
    organization that is just being moved.
    """

    def __init__(self, cells: Mapping[str, Address]) -> None:
        super().__init__([])
        self.cells = dict(cells)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            cell = await asyncio.open_connection(*self.cells[_name(head)])
        except (KeyError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            writer.write(AWAY)
            await writer.drain()
            writer.close()
            return
        cell[1].write(head)
        ways = (self._copy(reader, cell[1]), self._copy(cell[0], writer))
        await asyncio.wait([asyncio.create_task(way) for way in ways])


def _name(head: bytes) -> str:
    lines = head.decode("latin-1").lower().split("\r\n")
    return next(line.partition(":")[2].strip() for line in lines if line.startswith("host:"))
