"""A form that names people for one edit: looked at, sent when everybody is known or the sender says so, followed."""

from collections.abc import Callable, Sequence

from django.http import HttpResponse

from orgsync.server.directory.models import Learner
from orgsync.server.directory.revision import DirectoryBusy
from orgsync.server.uploads.edits import EditRefused
from orgsync.server.uploads.models import UploadJob
from orgsync.server.web.forms.groups import Named, PeopleForm
from orgsync.server.web.outcomes import follow
from orgsync.server.web.screens import AdminRequest


def edit_named(
    request: AdminRequest, form: PeopleForm, edit: Callable[[Sequence[Learner]], UploadJob], *, back: str
) -> tuple[HttpResponse | None, Named | None]:
    """
    Make the edit of the people whom a sent form names; return the answer, or whom it names for the page that asks.

    Names that nobody has are shown first, and the edit is made when the form comes again with `anyway`.
    """
    if not form.is_bound or not form.is_valid():
        return None, None
    named = form.named()
    if named.people and (not named.unknown or "anyway" in request.POST):
        try:
            return follow(request, edit(named.people), back=back), named
        except (EditRefused, DirectoryBusy) as refused:
            form.add_error(None, str(refused))
    return None, named
