"""The page behind the link of a learner's invitation: no sign-in, and nothing happens but by its button."""

from datetime import datetime

from allauth.decorators import rate_limit
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from orgsync.server.directory.invitations import activate, find_invitation
from orgsync.server.directory.models import LearnerInvitation
from orgsync.server.learning.models import Way
from orgsync.server.learning.signin.people import learner_who_may
from orgsync.server.orgs.contacts import contacts_of
from orgsync.server.orgs.models import Organization
from orgsync.server.signon.learnercookies import sign_in


# The key stands in the query, which no log of ours holds; no copy of the page may stay in a cache.
@never_cache
@rate_limit(action="activate")  # type: ignore[untyped-decorator]  # allauth has no types
@require_http_methods(["GET", "HEAD", "POST"])
def open_link(request: HttpRequest) -> HttpResponseBase:
    """Show whose license the link activates; a POST does it, once."""
    now = timezone.now()
    found = find_invitation(request.GET.get("key", ""))
    if found is None:
        return render(request, "web/activation.html", {"standing": "over"}, status=404)
    if request.method == "POST":
        # Whoever reloads looks at what has become of it, and sends nothing twice.
        answer = redirect(request.get_full_path())
        return _sign_in(request, answer, found) if activate(found, now=now) else answer
    organization = Organization.objects.get(id=found.organization_id)
    standing = _standing(found, now)
    contacts = {name: contact for name, contact in contacts_of(organization).items() if contact}
    values = {"standing": standing, "name": organization.name, "invitation": found, "contacts": contacts}
    values["may_learn"] = organization.learners_sign_in
    return render(request, "web/activation.html", values, status=410 if standing == "expired" else 200)


def _sign_in(request: HttpRequest, answer: HttpResponseBase, invitation: LearnerInvitation) -> HttpResponseBase:
    """Sign the invited person in, where learners may: the link has just proved that its mail reached them."""
    organization = Organization.objects.get(id=invitation.organization_id)
    learner = learner_who_may(organization, invitation.learner_id)
    if learner is None:
        return answer
    return sign_in(request, answer, organization, learner, Way.INVITATION)


def _standing(invitation: LearnerInvitation, now: datetime) -> str:
    if invitation.activated_at is not None:
        return "activated"
    return "open" if invitation.expires_at > now else "expired"
