"""Home."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from orgsync.server.web.screens import AdminRequest, screen


@screen()
def home(request: AdminRequest, **ids: Any) -> HttpResponse:
    return render(request, "web/base.html", {"section": "home", "ids": ids})
