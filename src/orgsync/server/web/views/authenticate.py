"""Authenticate."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from orgsync.server.web.screens import AdminRequest, screen


@screen()
def index(request: AdminRequest, **ids: Any) -> HttpResponse:
    return render(request, "web/base.html", {"section": "authenticate", "ids": ids})


@screen()
def revoke(request: AdminRequest, **ids: Any) -> HttpResponse:
    return render(request, "web/base.html", {"section": "authenticate", "ids": ids})
