"""What every learner page starts with: who asks, and whether they may (still) sign in."""

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from orgsync.server.directory.models import Learner
from orgsync.server.learning.signin import sessions
from orgsync.server.orgs.models import Organization
from orgsync.server.signon import learnercookies as cookies
from orgsync.server.web.screens import written_for

P = ParamSpec("P")


class LearnerRequest(HttpRequest):
    """A request whose sender is a learner of `organization`. Whether they are an admin too plays no part."""

    learner: Learner
    organization: Organization
    signed_in: sessions.SignedIn


View = Callable[Concatenate[LearnerRequest, P], HttpResponseBase]


def learner_screen(view: View[P]) -> Callable[..., HttpResponseBase]:
    """
    Let a view be called by learners who are signed in, with `request.learner` and `request.organization`.

    Anybody else is asked to sign in, and comes back from there. Nothing of a page may stay in a cache: the next
    person at the same machine is another one.
    """

    @functools.wraps(view)
    def answer(request: LearnerRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        found = sessions.find(request.COOKIES.get(cookies.SESSION, ""), now=timezone.now())
        if found is None:
            return _to_sign_in(request)
        request.learner, request.organization, request.signed_in = found.learner, found.organization, found
        with written_for(request, found.organization):
            response = view(request, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return answer


def _to_sign_in(request: HttpRequest) -> HttpResponseBase:
    response = redirect("learn:sign-in")
    if request.method == "GET":
        cookies.keep_onward(response, request.get_full_path())
    return response
