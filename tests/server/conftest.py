"""What tests of the server share: a download that nobody reads is closed in its test, not in whichever comes later."""

from collections.abc import Iterator
from types import GeneratorType
from typing import Any

import pytest
from django.test.client import ClientHandler


@pytest.fixture(autouse=True)
def closed_downloads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close what the test client leaves open: it keeps a stream until somebody reads it."""
    streams: list[Any] = []
    call = ClientHandler.__call__

    def answer(self: ClientHandler, environ: Any) -> Any:
        response = call(self, environ)
        if response.streaming:
            streams.append(response)
        return response

    monkeypatch.setattr(ClientHandler, "__call__", answer)
    yield
    for response in streams:
        for close in response._resource_closers:
            source = getattr(close, "__self__", None)
            if isinstance(source, GeneratorType):
                # One that has not begun has nothing to close yet, although its file is open.
                next(source, None)
                source.close()
