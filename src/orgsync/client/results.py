"""Fetch a results file to disk, whole or not at all."""

from pathlib import Path

from orgsync.client.api import Api
from orgsync.client.replacing import replacing
from orgsync.client.screen import Screen


def fetch_results(api: Api, media: str, output: Path, screen: Screen) -> Path:
    """Write the media to `output`, which appears (or is replaced) only when all of it is there; return `output`.

    The file holds personal data, so nobody else may read it. Raise BadUsage when it cannot be written.
    """
    with replacing(output) as target, screen.bar() as bar:
        title = f"Fetching {output.name}"
        api.download(media, target, on_position=lambda position: bar.show(title, position, 0))
    return output
