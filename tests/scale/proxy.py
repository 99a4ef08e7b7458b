"""The smallest balancer there is: it passes connections on to one of several addresses, and can be told to be slow."""

import asyncio
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, Self

CONNECT_PATIENCE: Final = 1.0
DOWN_FOR: Final = 3.0
"""Seconds for which an address that did not answer is asked last."""
CHUNK: Final = 1 << 16
Address = tuple[str, int]


class Proxy:
    """Passes TCP connections on, in turn; used as a context. Each piece of data is `delay` seconds late."""

    def __init__(self, targets: Sequence[Address], *, host: str = "127.0.0.1", port: int = 0, delay: float = 0) -> None:
        self.targets = list(targets)
        self.counts = dict.fromkeys(self.targets, 0)
        self._asked = (host, port)
        self._delay = delay
        self._turn = 0
        self._down: dict[Address, float] = {}
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def port(self) -> int:
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def add(self, target: Address) -> None:
        """Pass connections on to one more address from now on."""
        self.counts[target] = 0
        self.targets.append(target)

    def __enter__(self) -> Self:
        self._server = self._loop.run_until_complete(asyncio.start_server(self._pass_on, *self._asked))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._hang_up(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _hang_up(self) -> None:
        """Close every connection: one that only hung would keep, at a database, whatever its session has locked."""
        self._server.close()
        left = list(self._open)
        for writer in left:
            writer.transport.abort()
        await asyncio.gather(*(writer.wait_closed() for writer in left), return_exceptions=True)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found = await self._connect()
        if found is not None:
            self._open |= {writer, found[1]}
            await asyncio.wait(
                [
                    asyncio.create_task(self._copy(reader, found[1])),
                    asyncio.create_task(self._copy(found[0], writer)),
                ]
            )
            self._open -= {writer, found[1]}
        writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        self._turn += 1
        around = [self.targets[(self._turn + step) % len(self.targets)] for step in range(len(self.targets))]
        for target in sorted(around, key=lambda one: self._down.get(one, 0) > time.monotonic()):
            try:
                found = await asyncio.wait_for(asyncio.open_connection(*target), CONNECT_PATIENCE)
            except OSError:
                self._down[target] = time.monotonic() + DOWN_FOR
            else:
                self.counts[target] += 1
                return found
        return None

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                if self._delay:
                    await asyncio.sleep(self._delay)
                writer.write(data)
                await writer.drain()
        with suppress(OSError, RuntimeError):
            writer.close()
