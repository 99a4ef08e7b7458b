"""Invite learners to their license, or invite them again: one of them, some, or all who have not activated it."""

from collections.abc import Collection

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from orgsync.server.directory.invitations import to_invite
from orgsync.server.directory.models import LicenseState
from orgsync.server.directory.queries_licenses import links_of
from orgsync.server.directory.revision import DirectoryBusy
from orgsync.server.notify.invitations import InvitationsOff, invite_again
from orgsync.server.orgs.access import Permission
from orgsync.server.web.screens import AdminRequest, screen
from orgsync.server.web.views.learner import learner_or_404
from orgsync.server.web.views.licenses import pool_or_404


@require_POST
@screen(Permission.MANAGE_LICENSES)
def invite_learner(request: AdminRequest, learner_id: int) -> HttpResponse:
    """Invite one learner."""
    learner = learner_or_404(request, learner_id)
    _invite(request, [learner.id])
    return redirect("web:learner", learner_id=learner.id)


@require_POST
@screen(Permission.MANAGE_LICENSES)
def invite_holders(request: AdminRequest, pool: int) -> HttpResponse:
    """Invite the ticked holders of a pool's licenses, or everybody who has not activated theirs."""
    found, now = pool_or_404(request, pool), timezone.now()
    holders = links_of(found, LicenseState.ACTIVE, now, request.people)
    if request.POST.get("whom") == "all":
        people = to_invite(holders, request.organization, now=now)
    else:
        ticked = [int(one) for one in request.POST.getlist("who") if one.isascii() and one.isdigit()]
        people = list(holders.filter(learner_id__in=ticked).values_list("learner_id", flat=True))
    _invite(request, people)
    return redirect("web:license", pool=found.pk)


def _invite(request: AdminRequest, people: Collection[int]) -> None:
    try:
        count = invite_again(request.organization, people, now=timezone.now())
    except (InvitationsOff, DirectoryBusy) as refused:
        messages.error(request, str(refused), extra_tags="bad")
        return
    if count:
        told = ngettext("%d invitation is on its way.", "%d invitations are on their way.", count) % count
        messages.success(request, told, extra_tags="good")
    else:
        messages.info(request, _("Nobody was invited: they have activated their license, or were sent a mail today."))
