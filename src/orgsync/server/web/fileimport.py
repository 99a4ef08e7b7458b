"""CSV files that are looked at before anything is written: the page that takes one in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic

from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_protect

from orgsync.server.learning.keptfiles import KeptFile, keep_file
from orgsync.server.web.forms.contents import ImportForm
from orgsync.server.web.screens import AdminRequest

ROWS_SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class Import(Generic[KeptFile]):
    """One kind of files: as what they are kept, and its pages."""

    kept: type[KeptFile]
    page: str
    """Template of the form."""
    shown: Mapping[str, Any]
    """What it shows besides the form."""
    onward: str
    """Name of the page that says what a file would do."""


def take_in(request: AdminRequest, what: Import[KeptFile], **about: Any) -> HttpResponse:
    """
    Show the form; a POST keeps the file, with what is said about it, and leads to what it would do.

    For views that are exempt from the check against forged forms: it reads the body, and is made here, when it is known
    who asks.
    """
    request.upload_handlers = [MemoryFileUploadHandler(request)]
    return _take_in(request, what, about)


@csrf_protect
def _take_in(request: AdminRequest, what: Import[KeptFile], about: Mapping[str, Any]) -> HttpResponse:
    posted = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = ImportForm(*posted)
    if form.is_bound and form.is_valid():
        file = form.cleaned_data["file"]
        made = keep_file(what.kept, request.organization, file.name, file.read(), now=timezone.now(), **about)
        return redirect(what.onward, number=made.pk)
    return render(request, what.page, {**what.shown, "form": form})
