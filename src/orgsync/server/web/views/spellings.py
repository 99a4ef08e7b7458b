"""People › Spellings: values that differ in case or blanks alone, made one by an edit of who has them."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from orgsync.core.columns import label_of
from orgsync.core.edits import Edit
from orgsync.server.directory.models import CustomAttribute
from orgsync.server.directory.spellings import (
    MERGEABLE,
    TooManyValues,
    people_spelled,
    spelling_key,
    spellings_of,
)
from orgsync.server.orgs.access import Permission
from orgsync.server.orgs.models import Organization
from orgsync.server.uploads.edits import EditRefused, plan_same
from orgsync.server.web.forms.plain import PlainForm
from orgsync.server.web.screens import AdminRequest, screen


class AttributeForm(PlainForm):
    """Which attribute is looked at."""

    attribute = forms.ChoiceField(label=gettext_lazy("Attribute"), required=False)

    def __init__(self, data: Any, organization: Organization) -> None:
        super().__init__(data)
        custom = CustomAttribute.objects.filter(organization=organization).order_by("name")
        names = [*MERGEABLE, *custom.values_list("name", flat=True)]
        self.fields["attribute"].choices = [(name, label_of(name)) for name in names]  # type: ignore[attr-defined]

    @property
    def chosen(self) -> str:
        """Return the attribute that was asked for, or the first."""
        self.full_clean()
        return self.cleaned_data.get("attribute") or MERGEABLE[0]


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.MERGE_PEOPLE)
def index(request: AdminRequest) -> HttpResponse:
    """Show the values that are written in several ways; a POST plans to make one of them."""
    form = AttributeForm(request.POST if request.method == "POST" else request.GET, request.organization)
    attribute = form.chosen
    try:
        found = spellings_of(request.organization.pk, attribute)
    except TooManyValues:
        found, is_too_many = [], True
    else:
        is_too_many = False
    if request.method == "POST":
        return _merge(request, attribute, [value for one in found for value, _count in one.values])
    values = {"form": form, "attribute": attribute, "label": label_of(attribute), "found": found}
    return render(request, "web/spellings/index.html", {"section": "spellings", "is_too_many": is_too_many, **values})


def _merge(request: AdminRequest, attribute: str, known: list[str]) -> HttpResponse:
    """Plan that everybody who has another spelling of a value gets the chosen one."""
    kept = request.POST.get("keep", "")
    others = [value for value in known if value != kept and spelling_key(value) == spelling_key(kept)]
    if kept not in known or not others:
        messages.error(request, _("Choose the spelling that stays."), extra_tags="bad")
        return redirect(f"{request.path}?attribute={attribute}")
    people = people_spelled(request.organization.pk, attribute, others)
    edit, note = Edit(0, "", values={attribute: kept}), _("Spelling of %s") % kept
    try:
        job = plan_same(request.organization, edit, [people], request.admin.account, note=note, now=timezone.now())
    except EditRefused as refused:
        messages.error(request, str(refused), extra_tags="bad")
        return redirect(f"{request.path}?attribute={attribute}")
    messages.info(request, _("Nothing is changed yet. Look at the plan, then approve it."))
    return redirect("web:job", job=job.public_id)
