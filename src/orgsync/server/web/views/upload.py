"""Upload."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from orgsync.server.web.screens import AdminRequest, screen


@screen()
def index(request: AdminRequest, **ids: Any) -> HttpResponse:
    return render(request, "web/base.html", {"section": "upload", "ids": ids})


@screen()
def template(request: AdminRequest, **ids: Any) -> HttpResponse:
    return render(request, "web/base.html", {"section": "upload", "ids": ids})


@screen()
def preview(request: AdminRequest, **ids: Any) -> HttpResponse:
    return render(request, "web/base.html", {"section": "upload", "ids": ids})
