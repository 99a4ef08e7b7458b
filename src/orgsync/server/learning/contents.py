"""Make, change and archive content; say of what it consists and who sees it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, connection, transaction

from orgsync.core.errors import OrgSyncError
from orgsync.core.normalize import fold_key
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record
from orgsync.server.directory.models import Group, Pool
from orgsync.server.learning.contentvalues import MOST_PARTS, ContentValues, problems_of
from orgsync.server.learning.models import Assignment, Audience, Content, ContentKind, ContentPart
from orgsync.server.learning.statements import count_waiting
from orgsync.server.learning.wholes import complete_wholes
from orgsync.server.orgs.models import Account, Organization

PARTS_OF: Final = {
    ContentKind.PATH: (ContentKind.COURSE,),
    ContentKind.COLLECTION: (ContentKind.COURSE, ContentKind.PATH),
}
"""What a path and a collection may consist of."""
# What is new becomes a part of the whole as the path's own length is that of its parts.
_SUM_UP: Final = """
    UPDATE learning_content AS whole
       SET seconds = (SELECT sum(content.seconds) FROM learning_contentpart AS part
                        JOIN learning_content AS content
                          ON content.organization_id = part.organization_id AND content.id = part.part_id
                       WHERE part.organization_id = whole.organization_id AND part.whole_id = whole.id)
     WHERE whole.organization_id = %(organization)s AND whole.kind = 'path' AND whole.id = ANY (%(wholes)s)
"""


class ContentRefused(OrgSyncError):
    """The content cannot be like that; nothing was changed. `problems` say by field why."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__(" ".join(self.problems.values()))


def make_content(organization: Organization, values: ContentValues, *, by: Account | None, now: datetime) -> Content:
    """Make a content; raise ContentRefused for what cannot be, a key included that another content has."""
    _check(values)
    try:
        with transaction.atomic():
            made = Content.objects.create(
                organization=organization, created_at=now, created_by=by, **stored(values), key=values.stored_key
            )
            record(organization.pk, Action.CONTENT_MADE, {"content": made.pk, "kind": made.kind}, at=now)
            count_waiting(organization, [made.key], now=now)
    except IntegrityError:
        raise ContentRefused({"key": "There is content with this key already."}) from None
    return made


def change_content(content: Content, values: ContentValues, *, now: datetime) -> None:
    """Say something else of a content; what kind it is stays. Raises ContentRefused."""
    _check(values)
    said = stored(values) | {"kind": content.kind, "key": values.key or content.key}
    if content.kind == ContentKind.PATH:
        said.pop("seconds")
    changed = [name for name, value in said.items() if getattr(content, name) != value]
    if not changed:
        return
    for name in changed:
        setattr(content, name, said[name])
    try:
        with transaction.atomic():
            content.save(update_fields=changed)
            wholes = ContentPart.objects.filter(organization_id=content.organization_id, part_id=content.pk)
            sum_up(content.organization_id, list(wholes.values_list("whole_id", flat=True)))
            record(
                content.organization_id,
                Action.CONTENT_CHANGED,
                {"content": content.pk, "changed": sorted(changed)},
                at=now,
            )
    except IntegrityError:
        raise ContentRefused({"key": "There is content with this key already."}) from None


def archive_content(content: Content, *, now: datetime, archives: bool = True) -> None:
    """Offer a content no longer, or again; what people did stays. Raises ContentRefused while it is assigned."""
    in_force = Assignment.objects.filter(
        organization_id=content.organization_id, content_id=content.pk, begun_at__isnull=False, ended_at=None
    )
    if archives and in_force.exists():
        raise ContentRefused({"content": "It is assigned: end its assignments first."})
    content.archived_at = now if archives else None
    action = Action.CONTENT_ARCHIVED if archives else Action.CONTENT_CHANGED
    with transaction.atomic():
        content.save(update_fields=["archived_at"])
        # An archived part is asked for no more; what is offered again may be done by now.
        wholes = ContentPart.objects.filter(organization_id=content.organization_id, part_id=content.pk)
        complete_wholes(content.organization, [content.pk, *wholes.values_list("whole_id", flat=True)], now=now)
        record(content.organization_id, action, {"content": content.pk}, at=now)


def set_parts(whole: Content, parts: Sequence[Content], *, now: datetime) -> None:
    """Say of what a path or a collection consists, in this order; raise ContentRefused for what it cannot hold."""
    allowed = PARTS_OF.get(ContentKind(whole.kind), ())
    if any(part.kind not in allowed or part.organization_id != whole.organization_id for part in parts):
        kinds = " and ".join(f"{kind.value}s" if kind is ContentKind.PATH else "courses" for kind in allowed)
        raise ContentRefused({"parts": f"It consists of {kinds}." if allowed else "A course has no parts."})
    if len(parts) > MOST_PARTS or len({part.pk for part in parts}) < len(parts):
        raise ContentRefused({"parts": f"Name at most {MOST_PARTS} parts, each once."})
    with transaction.atomic():
        write_parts(whole.organization, {whole.pk: [part.pk for part in parts]}, now=now)
        record(whole.organization_id, Action.CONTENT_CHANGED, {"content": whole.pk, "parts": len(parts)}, at=now)


def set_audience(content: Content, groups: Sequence[Group], *, now: datetime) -> None:
    """Let only the people of these groups see the content; without any everybody sees it."""
    mine = {"organization_id": content.organization_id, "content_id": content.pk}
    with transaction.atomic():
        Audience.objects.filter(**mine).delete()
        Audience.objects.bulk_create(Audience(**mine, group_id=group.pk) for group in groups)
        facts = {"content": content.pk, "groups": sorted(group.pk for group in groups)}
        record(content.organization_id, Action.CONTENT_CHANGED, facts, at=now)


def set_license(content: Content, pool: Pool | None, *, now: datetime) -> None:
    """Let only people with an active license of the pool start the content; without one everybody may."""
    content.pool_id = None if pool is None else pool.pk
    with transaction.atomic():
        content.save(update_fields=["pool_id"])
        record(
            content.organization_id, Action.CONTENT_CHANGED, {"content": content.pk, "pool": content.pool_id}, at=now
        )


def write_parts(organization: Organization, parts: Mapping[int, Sequence[int]], *, now: datetime) -> None:
    """Write the parts of wholes, by ids, in place of those that there were, and how long paths take by them.

    Who has completed all of them has completed the whole.
    """
    ContentPart.objects.filter(organization_id=organization.pk, whole_id__in=parts).delete()
    ContentPart.objects.bulk_create(
        ContentPart(organization_id=organization.pk, whole_id=whole, position=place, part_id=part)
        for whole, of_it in parts.items()
        for place, part in enumerate(of_it, 1)
    )
    sum_up(organization.pk, list(parts))
    complete_wholes(organization, parts, now=now)


def sum_up(organization_id: int, wholes: Sequence[int]) -> None:
    """Let paths take as long as their parts do."""
    if wholes:
        with connection.cursor() as cursor:
            cursor.execute(_SUM_UP, {"organization": organization_id, "wholes": list(wholes)})


def stored(values: ContentValues) -> dict[str, Any]:
    """Return the values as the table has them, without the key."""
    return {
        "kind": values.kind.value,
        "title": values.title.strip(),
        "title_key": fold_key(values.title.strip()),
        "provider": values.provider.strip(),
        "url": values.url.strip(),
        "description": values.description.strip(),
        "language": values.language,
        "level": values.level.strip(),
        "seconds": None if values.minutes is None else values.minutes * 60,
        "skills": list(values.skills),
    }


def _check(values: ContentValues) -> None:
    if problems := problems_of(values):
        raise ContentRefused(problems)
