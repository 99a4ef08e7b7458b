"""What pages ask about API applications."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Q, QuerySet

from orgsync.server.directory.csvfiles import csv_file
from orgsync.server.orgs.models import Organization
from orgsync.server.tokens.models import Application
from orgsync.server.tokens.queries import PAGE, Expiry, Shown, expiry_of, is_creator_here

COLUMNS: Final = (
    *("name", "client_id", "feed", "scopes", "allowed_networks", "created_by", "created_at"),
    *("expires_at", "last_used_at", "last_used_from", "revoked_at"),
)


@dataclass(frozen=True, slots=True)
class ApplicationFilter:
    """Which applications of an organization are meant; what is empty does not narrow."""

    shown: Shown = Shown.IN_USE
    text: str = ""
    """The beginning of the name, or of the client id."""
    by_name: bool = False
    """Sorted by name; else the newest first."""


@dataclass(frozen=True, slots=True)
class ListedApplication:
    """An application with what a list says beside its row."""

    application: Application
    expiry: Expiry
    former_ends_at: datetime | None
    """Until when the secret before is good; None when it is not."""
    is_creator_gone: bool


@dataclass(frozen=True, slots=True)
class ApplicationPage:
    """One page of applications."""

    applications: list[ListedApplication]
    after: int | None
    """Id of the application behind which the next page begins; null on the last."""


def page_of_applications(
    organization: Organization, chosen: ApplicationFilter, *, now: datetime, after: int | None = None
) -> ApplicationPage:
    """Return the page behind an application, or the first one."""
    found = chosen_applications(organization, chosen)
    last = None if after is None else application_of(organization, after)
    if last is not None and chosen.by_name:
        found = found.filter(Q(name__gt=last.name) | Q(name=last.name, id__lt=last.pk))
    elif last is not None:
        found = found.filter(id__lt=last.pk)
    rows = list(found[: PAGE + 1])
    listed = [_listed(row, now) for row in rows[:PAGE]]
    return ApplicationPage(listed, listed[-1].application.pk if len(rows) > PAGE else None)


def application_of(organization: Organization, application_id: int) -> Application | None:
    """Return one application; another organization's is None."""
    mine = Application.objects.select_related("feed", "created_by")
    return mine.filter(organization=organization, id=application_id).first()


def is_application_named(organization: Organization, name: str) -> bool:
    """Tell whether an application that is not revoked has this name."""
    in_use = Application.objects.filter(organization=organization, revoked_at=None)
    return in_use.filter(name__iexact=name.strip()).exists()


def applications_csv(organization: Organization, chosen: ApplicationFilter) -> Iterator[bytes]:
    """Yield the chosen applications as a CSV file, header first; of secrets it holds nothing."""
    yield from csv_file(
        COLUMNS, (_values(row) for row in chosen_applications(organization, chosen).iterator(chunk_size=PAGE))
    )


def _values(row: Application) -> list[object]:
    words = {"scopes": " ".join(row.scopes), "allowed_networks": " ".join(row.allowed_networks)}
    named = {"feed": row.feed.name if row.feed else "", "created_by": row.created_by.email if row.created_by else ""}
    return [(words | named)[column] if column in words | named else getattr(row, column) for column in COLUMNS]


def chosen_applications(organization: Organization, chosen: ApplicationFilter) -> QuerySet[Application]:
    """Return the applications that a filter means, in its order."""
    found = Application.objects.filter(organization=organization).select_related("feed", "created_by")
    found = found.annotate(is_creator_here=is_creator_here(organization))
    if chosen.shown is not Shown.ALL:
        found = found.filter(revoked_at__isnull=chosen.shown is Shown.IN_USE)
    if chosen.text:
        found = found.filter(Q(name__istartswith=chosen.text) | Q(client_id__startswith=chosen.text[:16]))
    return found.order_by("name", "-id") if chosen.by_name else found.order_by("-id")


def _listed(row: Application, now: datetime) -> ListedApplication:
    is_here: bool = row.is_creator_here  # type: ignore[attr-defined]  # annotated by chosen_applications
    former = row.former_ends_at if row.former_ends_at is not None and row.former_ends_at > now else None
    return ListedApplication(row, expiry_of(row, now), former, row.created_by_id is not None and not is_here)
