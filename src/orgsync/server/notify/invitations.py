"""Mails that invite learners to their license: a link for one person; only the hash of its key is stored."""

import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction

from orgsync.core.errors import OrgSyncError
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record
from orgsync.server.directory.invitations import VALID_FOR, digest_of
from orgsync.server.directory.revision import PAGE_PATIENCE, lock_directory
from orgsync.server.notify import outbox, texts
from orgsync.server.notify.secretmail import LEARNER_INVITATION
from orgsync.server.orgs.contacts import contacts_of
from orgsync.server.orgs.models import Organization

_FIND: Final = """
    SELECT id, primary_email_address, coalesce(preferred_first_name, '') FROM directory_learner AS learner
     WHERE organization_id = %(organization)s AND id = ANY (%(people)s) AND is_active
       AND EXISTS (SELECT FROM directory_licenseassignment AS license
                    WHERE license.organization_id = %(organization)s AND license.learner_id = learner.id
                      AND license.state = 'active')
     ORDER BY id
"""
_WRITE: Final = """
    INSERT INTO directory_learnerinvitation AS known
           (organization_id, learner_id, invited_at, sent_at, sent_count, digest, expires_at)
    SELECT %(organization)s, new.learner_id, %(now)s, %(now)s, 1, new.digest, %(expires)s
      FROM unnest(%(people)s::bigint[], %(digests)s::bytea[]) AS new (learner_id, digest)
        ON CONFLICT (organization_id, learner_id) DO UPDATE
       SET sent_at = EXCLUDED.sent_at, sent_count = known.sent_count + 1, digest = EXCLUDED.digest,
           expires_at = EXCLUDED.expires_at
     WHERE %(again)s AND known.activated_at IS NULL
 RETURNING learner_id
"""
_BODY: Final = """\
Hello{name},

{text}

Open this link within {days} days to activate your license; it is for you alone and works once:

  {base}/activate/?key={key}

If you open it too late, ask for a new one. If you did not expect this mail, ignore it, and nothing happens.
"""
_OUR_TEXT: Final = "{organization} has a learning license for you."


class InvitationsOff(OrgSyncError):
    """The organization invites nobody."""

    def __init__(self) -> None:
        super().__init__("Invitations are switched off: Settings › Mail switches them on.")


def invite_new(organization: Organization, learner_ids: Collection[int], *, job_id: int, now: datetime) -> int:
    """
    Invite those who were never invited, in the caller's transaction; return how many mails were written.

    Who is inactive or holds no license gets none. The number of statements does not grow with that of the people.
    """
    return _invite(organization, learner_ids, job_id=job_id, again=False, now=now)


def invite_again(organization: Organization, learner_ids: Collection[int], *, now: datetime) -> int:
    """
    Send a new link to everybody who has not activated their license, as asked for by a person; return to how many.

    At most `most_invitations` at once; the link of an earlier mail opens nothing any more. Raises InvitationsOff, and
    DirectoryBusy while a job is being applied.
    """
    if not organization.invites_learners:
        raise InvitationsOff
    people = list(learner_ids)[: organization.most_invitations]
    with transaction.atomic():
        lock_directory(organization.pk, wait=PAGE_PATIENCE)
        count = _invite(organization, people, job_id=None, again=True, now=now)
        if count:
            whom = {"learner": people[0]} if len(people) == 1 else {}
            record(organization.pk, Action.LEARNERS_INVITED, {"people": count, **whom}, at=now)
    return count


def _invite(
    organization: Organization, learner_ids: Collection[int], *, job_id: int | None, again: bool, now: datetime
) -> int:
    mine: dict[str, Any] = {"organization": organization.pk, "now": now, "expires": now + VALID_FOR, "again": again}
    with connection.cursor() as cursor:
        cursor.execute(_FIND, mine | {"people": list(learner_ids)})
        people = {number: (email, name) for number, email, name in cursor.fetchall()}
        keys = {number: secrets.token_urlsafe(32) for number in people}
        digests = [digest_of(key) for key in keys.values()]
        cursor.execute(_WRITE, mine | {"people": list(keys), "digests": digests})
        invited = sorted(number for (number,) in cursor.fetchall())
    return outbox.add_letters(
        organization,
        job_id=job_id,
        kind=LEARNER_INVITATION,
        letters={people[number][0]: _body(organization, people[number][1], keys[number]) for number in invited},
        subject=f"[{organization.name}] Your learning license",
        now=now,
    )


def _body(organization: Organization, first_name: str, key: str) -> str:
    """Return the text: of the person it holds the first name and nothing else."""
    text = organization.invitation_text or _OUR_TEXT.format(organization=organization.name)
    name = f" {first_name}" if first_name else ""
    body = _BODY.format(name=name, text=text, days=VALID_FOR.days, base=settings.BASE_URL, key=key)
    return body + texts.contact_lines(contacts_of(organization))
