"""Pictures that organizations bring: looked at byte by byte, because every visitor's browser will read them."""

import hashlib
import re
import zlib
from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element  # nosec B405

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from django.db import transaction
from django.utils import timezone

from orgsync.core.errors import OrgSyncError
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record
from orgsync.server.orgs.models import Logo, Organization

LARGEST: Final = 100_000
WIDEST: Final = 2_000
PNG: Final = "image/png"
SVG: Final = "image/svg+xml"
_PNG_HEAD: Final = b"\x89PNG\r\n\x1a\n"
_SVG_SPACE: Final = "{http://www.w3.org/2000/svg}"
_SVG_PARTS: Final = frozenset(
    [
        *("svg", "g", "defs", "symbol", "use", "title", "desc", "clipPath", "mask"),
        *("path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan"),
        *("linearGradient", "radialGradient", "stop"),
    ]
)
_OWN_LINK: Final = re.compile(r"#[\w.-]+")
_FOREIGN: Final = re.compile(r"url\(\s*['\"]?(?!#)|@import|javascript:|expression\(|data:", re.IGNORECASE)


class UnusablePicture(OrgSyncError):
    """The bytes are no picture that can be shown to everybody."""


def set_logo(organization: Organization, content: bytes | None) -> None:
    """Give the organization another logo, or none; raise UnusablePicture when it is no safe PNG or SVG."""
    kind = "" if content is None else check_picture(content)
    version = "" if content is None else hashlib.sha256(content).hexdigest()[:16]
    with transaction.atomic():
        Logo.objects.filter(organization_id=organization.pk).delete()
        if content is not None:
            Logo.objects.create(organization_id=organization.pk, content=content, content_type=kind)
        Organization.objects.filter(id=organization.pk).update(logo_version=version)
        record(organization.pk, Action.BRANDING_CHANGED, {"logo": version}, at=timezone.now())
    organization.logo_version = version


def set_accent(organization: Organization, accent: str) -> None:
    """Give the organization's pages another colour (`#rrggbb`), or none of their own."""
    with transaction.atomic():
        Organization.objects.filter(id=organization.pk).update(accent=accent)
        record(organization.pk, Action.BRANDING_CHANGED, {"accent": accent}, at=timezone.now())
    organization.accent = accent


def check_picture(content: bytes) -> str:
    """Return the content type of a PNG or an SVG that holds nothing but a picture; raise UnusablePicture."""
    if len(content) > LARGEST:
        raise UnusablePicture(f"The picture has {len(content):,} bytes; at most {LARGEST:,} are allowed.")
    if content.startswith(_PNG_HEAD):
        _check_png(content)
        return PNG
    if b"<svg" in content[:2_000]:
        _check_svg(content)
        return SVG
    raise UnusablePicture("That is neither a PNG nor an SVG.")


def _check_png(content: bytes) -> None:
    kinds = []
    for kind, body in _chunks(content):
        if kind == b"IHDR":
            width, height = int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big")
            if not (1 <= width <= WIDEST and 1 <= height <= WIDEST):
                raise UnusablePicture(f"The picture is {width} × {height}; at most {WIDEST} each way.")
        kinds.append(kind)
    if not kinds or kinds[0] != b"IHDR" or kinds[-1] != b"IEND" or b"IDAT" not in kinds:
        raise UnusablePicture("The PNG is damaged.")


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_PNG_HEAD)
    while at < len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        kind, body = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        checksum = content[at + 8 + length : at + 12 + length]
        if len(body) != length or checksum != zlib.crc32(kind + body).to_bytes(4, "big"):
            raise UnusablePicture("The PNG is damaged.")
        yield kind, body
        at += 12 + length


def _check_svg(content: bytes) -> None:
    if b"<?xml-stylesheet" in content:
        raise UnusablePicture("The SVG names a stylesheet, which is more than a picture needs.")
    try:
        root = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise UnusablePicture("The SVG cannot be read; one with a DOCTYPE is not allowed.") from error
    for element in root.iter():
        _check_element(element)


def _check_element(element: Element) -> None:
    if element.tag.removeprefix(_SVG_SPACE) not in _SVG_PARTS:
        raise UnusablePicture(f"The SVG holds {element.tag}, which is more than a picture needs.")
    for name, value in element.attrib.items():
        plain = name.rpartition("}")[2].lower()
        is_link = plain == "href" and not _OWN_LINK.fullmatch(value.strip())
        if plain.startswith("on") or is_link or _FOREIGN.search(value):
            raise UnusablePicture(f"The SVG has {plain}, which is more than a picture needs.")
