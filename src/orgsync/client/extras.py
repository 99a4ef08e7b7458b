"""Packages that only some need: imported when they are used, and named with the pip command when they are missing."""

from importlib import import_module
from typing import Any

from orgsync.client.errors import BadUsage


class MissingExtra(BadUsage):
    """A package that an optional part needs is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        self.package = package
        self.extra = extra
        super().__init__(f"This needs the package {package}: pip install 'orgsync[{extra}]'")


def needed(module: str, *, extra: str) -> Any:
    """Return the module; raise MissingExtra, which says how to install it, when it or a part of it is missing."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise MissingExtra(error.name or module, extra) from error
