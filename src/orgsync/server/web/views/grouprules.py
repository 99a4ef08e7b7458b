"""People › Groups › the rule of a group: written in rows or as text, with who would be in while it is written."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from orgsync.core.grouprules.conditions import RuleError
from orgsync.core.grouprules.parsing import parse_rule
from orgsync.core.grouprules.wording import Names
from orgsync.server.directory.models import Group, Pool
from orgsync.server.directory.queries import choices_of
from orgsync.server.directory.rulegroups import names_of
from orgsync.server.directory.rulepreview import RulePreview
from orgsync.server.orgs.access import Permission
from orgsync.server.uploads.edits import EditRefused
from orgsync.server.uploads.ruleedits import preview_rule, save_rule
from orgsync.server.web.forms.groups import find_group
from orgsync.server.web.forms.rules import RuleForm, posted_rule, stored_rule
from orgsync.server.web.rulerows import subjects
from orgsync.server.web.screens import AdminRequest, screen
from orgsync.server.web.views.groups import about, check_for_all, group_or_404


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.EDIT_GROUPS)
def new(request: AdminRequest) -> HttpResponse:
    """Write the rule of a group that is not there yet."""
    check_for_all(request, request.path)
    form = posted_rule(request.POST) if request.method == "POST" else RuleForm()
    return _edit(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.EDIT_GROUPS)
def edit(request: AdminRequest, group: int) -> HttpResponse:
    """Write the rule of a group that is there."""
    check_for_all(request, request.path)
    found = group_or_404(request, group)
    if request.method == "POST":
        form = replace(posted_rule(request.POST), name=found.name)
    else:
        condition = None if found.rule is None else parse_rule(found.rule)
        names = names_of(request.organization.pk, [condition]) if condition else Names()
        form = stored_rule(found.name, condition, names, inside=request.GET.get("inside", "").strip())
    return _edit(request, form, found)


def _edit(request: AdminRequest, form: RuleForm, group: Group | None) -> HttpResponse:
    """Show the editor; a POST does what its button says, and saves only where it says so."""
    word = request.POST.get("do", "")
    if word in ("", "preview", "save"):
        form = form.checked() if request.method == "POST" else form
    else:
        form = form.changed(word)
    if word == "save" and form.condition is not None:
        try:
            return _save(request, form, group)
        except (RuleError, EditRefused) as refused:
            form = replace(form, fault=str(refused))
    values: dict[str, Any] = {"form": form, **_offered(request)}
    if request.method == "POST":
        form, values["preview"] = _previewed(request, form)
        values["form"] = form
    shown = {"section": "groups"} if group is None else about(request, group)
    return render(request, "web/groups/rule.html", {**shown, **values})


def _save(request: AdminRequest, form: RuleForm, group: Group | None) -> HttpResponse:
    assert form.condition is not None  # nosec B101 - the caller has looked
    if group is None and (known := find_group(request.organization, form.name)) is not None:
        raise RuleError("", _("There is a group %s already.") % known.name)
    by, now = request.admin.account, timezone.now()
    job = save_rule(request.organization, form.name, form.condition, by=by, now=now, asks_first=True)
    told = _("The rule is being planned for everybody. When it moves anybody, look at the plan and approve it.")
    messages.info(request, told)
    return redirect("web:job", job=job.public_id)


def _previewed(request: AdminRequest, form: RuleForm) -> tuple[RuleForm, RulePreview | None]:
    """Return who would be in; a rule that names what does not exist is told, not previewed."""
    if form.condition is None:
        return form, None
    try:
        return form, preview_rule(request.organization, form.name.strip() or None, form.condition)
    except RuleError as error:
        return replace(form, fault=error.problem), None


def _offered(request: AdminRequest) -> dict[str, Any]:
    """Return the names that the editor suggests."""
    choices = choices_of(request.organization.pk)
    pools = Pool.objects.filter(organization=request.organization).order_by("key")
    return {
        "subjects": subjects(choices.custom_attributes),
        "choices": choices,
        "pools": list(pools.values_list("key", "name")),
    }
