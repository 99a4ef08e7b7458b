"""The organization's colour and logo on learner pages."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from orgsync.server.web.learn.screens import LearnerRequest, learner_screen
from orgsync.server.web.views.branding import FOREVER, logo_answer, stylesheet_answer


@require_safe
@learner_screen
@FOREVER
def css(request: LearnerRequest) -> HttpResponse:
    """Return the organization's stylesheet."""
    return stylesheet_answer(request.organization)


@require_safe
@learner_screen
@FOREVER
def logo(request: LearnerRequest, version: str) -> HttpResponse:
    """Return the organization's logo."""
    return logo_answer(request.organization, version)
