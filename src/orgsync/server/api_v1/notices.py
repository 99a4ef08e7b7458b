"""What the organization's people are told: which admin hears of what, the outbox, a test mail, how pages look."""

import base64
import binascii
from datetime import UTC, datetime
from typing import Any, Final, Literal

from django.conf import settings as server
from ninja import Query
from pydantic import Field

from orgsync.server.api.authentication import ApiRequest
from orgsync.server.api_v1.calls import MakerRequest
from orgsync.server.api_v1.listing import newest_first
from orgsync.server.api_v1.operations import Resource
from orgsync.server.api_v1.paging import Listed, PageQuery
from orgsync.server.api_v1.refusals import existing, impossible
from orgsync.server.api_v1.shapes import Body, Id, Line, Number, Shape, iso
from orgsync.server.notify.models import OutboxMail
from orgsync.server.notify.queries import MailFilter, count_given_up, mail_of, mails_chosen, state_of
from orgsync.server.notify.secretmail import BLANKED, SECRET_KINDS
from orgsync.server.notify.smtp import parse_url
from orgsync.server.notify.testmail import last_test, send_test
from orgsync.server.orgs.access import Permission
from orgsync.server.orgs.models import Organization
from orgsync.server.orgs.pictures import LARGEST, set_accent, set_logo
from orgsync.server.orgs.telling import SWITCHES, set_told, tellable_admins
from orgsync.server.tokens.scopes import Scope
from orgsync.server.uploads.previews import public_id_of_job

resource = Resource("notices", "Mail: who is told of what, the outbox, a test. And the logo and colour of pages.")
_SET: Final[dict[str, Any]] = {"permission": Permission.MANAGE_SETTINGS}
_OUTBOX: Final[dict[str, Any]] = {"permission": Permission.SEE_OUTBOX}
_LONGEST_LOGO: Final = LARGEST * 4 // 3 + 4


class ToldShape(Shape):
    """What an admin is told of."""

    admin: int
    email: str
    of: list[str] = Field(description="; ".join(f"`{name}`: {about}" for name, about in SWITCHES.items()) + ".")


class ToldList(Shape):
    """What every admin is told of."""

    items: list[ToldShape]


class ToldBody(Body):
    """What an admin is to be told of."""

    admin: Number
    of: list[Literal[tuple(SWITCHES)]] = Field(max_length=20)  # type: ignore[valid-type]  # the catalogue


class ToldChange(Body):
    """Who is to be told of what; admins who are not named stay as they are."""

    items: list[ToldBody] = Field(min_length=1, max_length=1_000)


class MailStanding(Shape):
    """Whether mail leaves the server."""

    has_server: bool
    server: str | None = Field(description="Its name and port.")
    sender: str
    given_up: int = Field(description="Mails of the last 30 days that were given up.")
    test: str | None = Field(description="Of the last test mail to whoever made the token: its state.")
    test_at: str | None
    test_error: str | None


class MailShape(Shape):
    """A mail of the outbox."""

    id: int
    kind: str
    recipient: str
    subject: str
    state: str = Field(description="`sent`, `waiting` or `given_up`.")
    created_at: str
    sent_at: str | None
    attempts: int
    last_error: str


class MailDetail(MailShape):
    """A mail with its text; a text that holds a link for one person is left out."""

    text: str
    job: int | None


class MailQuery(PageQuery):
    """Which mails are meant."""

    recipient: Line = Field("", description="The beginning of the address.")
    is_unsent: bool = False


class BrandingShape(Shape):
    """How pages look."""

    accent: str = Field(description="`#rrggbb`; empty: orgsync's own.")
    logo_version: str = Field(description="Changes with the logo; empty: none.")


class AccentBody(Body):
    """Another colour."""

    accent: str = Field(pattern=r"^(#[0-9a-fA-F]{6})?$", max_length=7)


class LogoBody(Body):
    """Another logo."""

    content: str | None = Field(max_length=_LONGEST_LOGO, description="A PNG or an SVG in Base64; null: none.")


@resource.get("/told", Scope.ADMIN, ToldList, **_SET)
def list_told(request: MakerRequest) -> dict[str, Any]:
    """List which admin is told of what."""
    return _told(request.organization)


@resource.patch("/told", Scope.ADMIN, ToldList, **_SET)
def change_told(request: MakerRequest, body: ToldChange) -> dict[str, Any]:
    """Change which admin is told of what; somebody has to be told of what is held, failed or late."""
    wanted = {one["admin"]: frozenset(one["of"]) for one in _told(request.organization)["items"]}
    for one in body.items:
        if one.admin not in wanted:
            raise impossible(f"items: {one.admin} is no admin who is told of anything.")
        wanted[one.admin] = frozenset(one.of)
    set_told(request.organization, wanted)
    return _told(request.organization)


@resource.get("/mail", Scope.ADMIN, MailStanding, **_SET)
def show_mail(request: MakerRequest) -> dict[str, Any]:
    """Say whether mail leaves the server, and what became of the last test."""
    smtp = parse_url(server.SMTP_URL) if server.SMTP_URL else None
    found = last_test(request.admin)
    return {
        "has_server": smtp is not None and not request.organization.is_sandbox,
        "server": None if smtp is None else f"{smtp.host}:{smtp.port}",
        "sender": server.MAIL_FROM,
        "given_up": count_given_up(request.organization, now=datetime.now(UTC)),
        "test": found.state if found else None,
        "test_at": iso(found.mail.created_at) if found else None,
        "test_error": found.mail.last_error if found else None,
    }


@resource.post("/mail/test", Scope.ADMIN, MailStanding, status=202, **_SET)
def send_test_mail(request: MakerRequest) -> dict[str, Any]:
    """Send a test mail to whoever made the token."""
    send_test(request.admin, now=datetime.now(UTC))
    return show_mail(request)


@resource.get("/outbox", Scope.ADMIN, Listed[MailShape], **_OUTBOX)
def list_mails(request: MakerRequest, asked: Query[MailQuery]) -> dict[str, Any]:
    """List the mails of the last 30 days, the newest first."""
    chosen = MailFilter(asked.is_unsent, asked.recipient.strip())
    found = mails_chosen(request.organization, chosen, now=datetime.now(UTC))
    return newest_first(found.defer("body"), asked, _mail_json)


@resource.get("/outbox/{int:mail_id}", Scope.ADMIN, MailDetail, **_OUTBOX)
def show_outbox_mail(request: MakerRequest, mail_id: Id) -> dict[str, Any]:
    """Show a mail with its text."""
    found = existing(mail_of(request.organization, mail_id))
    text = BLANKED if found.mail.kind in SECRET_KINDS else found.mail.body
    job = public_id_of_job(request.organization, found.mail.job_id)
    return _mail_json(found.mail) | {"text": text, "job": job}


@resource.get("/branding", Scope.ADMIN, BrandingShape, **_SET)
def show_branding(request: MakerRequest) -> dict[str, Any]:
    """Show the colour, and whether there is a logo."""
    return _branding(request)


@resource.put("/branding/accent", Scope.ADMIN, BrandingShape, **_SET)
def change_accent(request: MakerRequest, body: AccentBody) -> dict[str, Any]:
    """Give pages another colour."""
    set_accent(request.organization, body.accent.lower())
    return _branding(request)


@resource.put("/branding/logo", Scope.ADMIN, BrandingShape, **_SET)
def change_logo(request: MakerRequest, body: LogoBody) -> dict[str, Any]:
    """Give pages another logo, or none."""
    set_logo(request.organization, None if body.content is None else _decoded(body.content))
    return _branding(request)


def _told(organization: Organization) -> dict[str, Any]:
    items = [
        {"admin": one.pk, "email": one.account.email, "of": [name for name in SWITCHES if getattr(one, name)]}
        for one in tellable_admins(organization)
    ]
    return {"items": items}


def _branding(request: ApiRequest) -> dict[str, Any]:
    return {"accent": request.organization.accent, "logo_version": request.organization.logo_version}


def _decoded(content: str) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise impossible("content is no Base64.") from wrong


def _mail_json(one: OutboxMail) -> dict[str, Any]:
    names = ("kind", "recipient", "subject", "attempts", "last_error")
    times = {"created_at": iso(one.created_at), "sent_at": iso(one.sent_at)}
    return {"id": one.pk, **{name: getattr(one, name) for name in names}, **times, "state": state_of(one)}
