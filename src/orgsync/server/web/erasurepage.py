"""What pages on erasing say: what will go, how a request stands, and what a receipt has counted."""

from collections.abc import Mapping
from typing import Any, Final

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orgsync.server.directory.models import (
    Claim,
    Erasure,
    Learner,
    LearnerChange,
    LicenseAssignment,
    Membership,
    Override,
    PermissionGrant,
)
from orgsync.server.directory.scope import learners_within
from orgsync.server.orgs.access import People
from orgsync.server.orgs.models import Account, Organization
from orgsync.server.uploads.models import ErasureRequest, ErasureStatus, Media, MediaKind
from orgsync.server.web.forms.erasures import PROBLEM_WORDS

PAGE: Final = 50
PEOPLE_SHOWN: Final = 100
OPEN: Final = (ErasureStatus.HELD, ErasureStatus.QUEUED, ErasureStatus.FAILED)
TABLE_WORDS: Final[Mapping[str, Any]] = {
    "directory_claim": gettext_lazy("claims of feeds"),
    "directory_learner": gettext_lazy("the person's record"),
    "directory_learnerchange": gettext_lazy("changes in the timeline"),
    "directory_licenseassignment": gettext_lazy("licenses"),
    "directory_membership": gettext_lazy("memberships of groups"),
    "directory_notduplicate": gettext_lazy("marks as no duplicate"),
    "directory_override": gettext_lazy("local overrides"),
    "directory_pastclaim": gettext_lazy("past claims"),
    "directory_pastlicense": gettext_lazy("past licenses"),
    "directory_pastmembership": gettext_lazy("past memberships"),
    "directory_permissiongrant": gettext_lazy("permissions"),
    "audit_personkey": gettext_lazy("the key to values in the audit log"),
}
FILE_WORDS: Final[Mapping[str, Any]] = {
    "removed source": gettext_lazy("source files deleted"),
    "removed result": gettext_lazy("results files deleted"),
    "removed plan": gettext_lazy("plans deleted"),
    "rewritten result": gettext_lazy("results files written without the person"),
    "rewritten plan": gettext_lazy("plans written without the person"),
}
OTHER_WORDS: Final[Mapping[str, Any]] = {
    "jobs_cancelled": gettext_lazy("waiting jobs cancelled, whose file is gone"),
    "messages": gettext_lazy("jobs whose messages were reworded"),
    "mails": gettext_lazy("mails deleted or emptied"),
    "notes": gettext_lazy("notes to shares emptied"),
}
_OWN: Final = (
    (gettext_lazy("memberships of groups"), Membership),
    (gettext_lazy("licenses"), LicenseAssignment),
    (gettext_lazy("changes in the timeline"), LearnerChange),
    (gettext_lazy("local overrides"), Override),
    (gettext_lazy("permissions"), PermissionGrant),
    (gettext_lazy("claims of feeds"), Claim),
)

Lines = list[tuple[int, Any]]
"""A number and what it counts."""


def what_goes(learner: Learner) -> dict[str, Any]:
    """Return what an erasure takes away, counted before it is done; files are read only when it is."""
    mine = {"organization_id": learner.organization_id, "learner_id": learner.id}
    counts: Lines = [(model.objects.filter(**mine).count(), words) for words, model in _OWN]
    kept = Media.objects.filter(organization_id=learner.organization_id, removed_at=None)
    files = dict(kept.values_list("kind").annotate(number=Count("*")))
    reports = Learner.objects.filter(organization_id=learner.organization_id, manager_id=learner.id).count()
    return {
        "rows": [line for line in counts if line[0]],
        "sources": files.get(MediaKind.SOURCE, 0),
        "others": files.get(MediaKind.RESULT, 0) + files.get(MediaKind.PLAN, 0),
        "reports": reports,
    }


def page_of_erasures(organization: Organization, query: Mapping[str, str]) -> dict[str, Any]:
    """Return the requests that are open, and one page of the receipts."""
    requests = ErasureRequest.objects.filter(organization=organization, status__in=OPEN)
    receipts = Erasure.objects.filter(organization=organization)
    state = query.get("state", "")
    if state in {"holds", "lifted"}:
        receipts = receipts.filter(lifted_at__isnull=state == "holds")
    before = query.get("before", "")
    if before.isdecimal() and len(before) < 19:
        receipts = receipts.filter(id__lt=int(before))
    found = list(receipts.order_by("-id")[: PAGE + 1])
    return {
        "requests": list(requests.select_related("requested_by").order_by("-id")[:PAGE]),
        "erasures": [(one, sum(one.counts.get("rows", {}).values())) for one in found[:PAGE]],
        "older": found[PAGE - 1].pk if len(found) > PAGE else None,
        "state": state,
        "is_narrowed": bool(state or before),
    }


def request_page(request: ErasureRequest, seen: People) -> dict[str, Any]:
    """Return whom a request names, of those whom the reader may see and who are there, and what is wrong with rows."""
    people = learners_within(request.organization_id, seen).filter(id__in=request.learner_ids)
    return {
        "people": list(people.order_by("last_name_key", "first_name_key", "id")[:PEOPLE_SHOWN]),
        "problems": [(one["row"], PROBLEM_WORDS[one["code"]]) for one in request.problems],
        "is_active": request.status == ErasureStatus.QUEUED,
        "is_open": request.status in {ErasureStatus.HELD, ErasureStatus.FAILED},
    }


def erasures_page(erasure: Erasure) -> dict[str, Any]:
    """Return what a receipt says in words."""
    who = Account.objects.filter(id=erasure.by_id or 0).values_list("email", flat=True).first()
    return {"lines": _lines(erasure), "by": who or ""}


def receipt_text(organization: Organization, erasure: Erasure) -> str:
    """Return a receipt as plain text."""
    page = erasures_page(erasure)
    told = [f"{number:>8,}  {words}" for number, words in page["lines"]]
    lifted = erasure.lifted_at
    state = _("Lifted on %s") % f"{lifted:%Y-%m-%d}" if lifted else _("No file creates the person.")
    head = [
        _("Receipt of erasure %s") % erasure.pk,
        organization.name,
        _("Learner %s") % erasure.learner_id,
        f"{timezone.localtime(erasure.at):%Y-%m-%d %H:%M %Z}, {page['by']}",
        state,
    ]
    return "\n".join([*head, "", *told, ""])


def _lines(erasure: Erasure) -> Lines:
    counts = erasure.counts
    rows = [(number, TABLE_WORDS.get(table, table)) for table, number in counts.get("rows", {}).items()]
    files = [(number, FILE_WORDS.get(what, what)) for what, number in counts.get("files", {}).items()]
    others = [(counts.get(name, 0), words) for name, words in OTHER_WORDS.items()]
    return [line for line in (*rows, *files, *others) if line[0]]
