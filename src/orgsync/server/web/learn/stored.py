"""What is stored about the learner: in words, and as a file."""

import json

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from orgsync.server.learning.about import everything_about, sections_about
from orgsync.server.web.learn.screens import LearnerRequest, learner_screen


@require_safe
@learner_screen
def index(request: LearnerRequest) -> HttpResponse:
    """Say what is stored, why, and for how long."""
    sections = sections_about(request.organization, request.learner)
    return render(request, "learn/stored.html", {"section": "stored", "sections": sections})


@require_safe
@learner_screen
def download(request: LearnerRequest) -> HttpResponse:
    """Send every row about the learner as JSON."""
    found = everything_about(request.organization, request.learner)
    text = json.dumps(found, ensure_ascii=False, indent=2, default=str)
    answer = HttpResponse(text, content_type="application/json; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="what-is-stored-about-me.json"'
    return answer
