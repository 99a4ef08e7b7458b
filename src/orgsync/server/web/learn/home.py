"""The learner's home."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from orgsync.server.web.learn.screens import LearnerRequest, learner_screen


@require_safe
@learner_screen
def home(request: LearnerRequest) -> HttpResponse:
    """Show what there is to do."""
    return render(request, "learn/home.html", {"section": "home"})
