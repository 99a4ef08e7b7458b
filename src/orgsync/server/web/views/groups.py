"""People › Groups: the list, one group with its people, and what can be done to both."""

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from orgsync.core.edits import Edit
from orgsync.core.errors import OrgSyncError
from orgsync.core.grouprules.conditions import RuleError
from orgsync.core.normalize import fold_key
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record_look
from orgsync.server.directory.models import Group
from orgsync.server.directory.queries_groups import groups_csv, members_csv, memberships_of, nesting_of
from orgsync.server.directory.revision import DirectoryBusy
from orgsync.server.directory.rulegroups import rule_of, why_in
from orgsync.server.directory.scope import groups_within, learner_within, learners_within
from orgsync.server.orgs.access import Permission, may, may_change_group
from orgsync.server.uploads.edits import EditRefused, edit_people
from orgsync.server.uploads.groupedits import GroupRefused, make_group, rename_group
from orgsync.server.uploads.ruleedits import end_rule, remove_group
from orgsync.server.web.assigned import courses_of_group
from orgsync.server.web.downloads import csv_attachment
from orgsync.server.web.forms.groups import GroupsForm, MembersForm, NameForm, PeopleForm
from orgsync.server.web.learnertable import name_of
from orgsync.server.web.namedpeople import edit_named
from orgsync.server.web.outcomes import follow
from orgsync.server.web.screens import AdminRequest, screen
from orgsync.server.web.timelinewords import reasons_of

REFUSALS: Final = (GroupRefused, EditRefused, RuleError, DirectoryBusy)


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.SEE_GROUPS)
def index(request: AdminRequest) -> HttpResponse:
    """List the groups; a POST makes an empty one by hand."""
    posted = _posted(request)
    check_for_all(request, posted)
    name = NameForm(posted)
    if posted is not None and name.is_valid():
        try:
            made = make_group(
                request.organization, name.cleaned_data["name"], by=request.admin.account, now=timezone.now()
            )
        except REFUSALS as refused:
            name.add_error("name", str(refused))
        else:
            messages.success(
                request, _("The group %s is there. Now put people into it.") % made.name, extra_tags="good"
            )
            return redirect("web:group", group=made.pk)
    form = GroupsForm(request.GET)
    page = form.page(request.organization, request.people.group_ids)
    is_narrowed = bool(form.cleaned_data.get("q") or form.cleaned_data.get("kind"))
    may_make = may_change_group(request.admin, None, by_rule=True)
    values = {"form": form, "page": page, "name_form": name, "is_narrowed": is_narrowed, "may_make": may_make}
    return render(request, "web/groups/index.html", {"section": "groups", **values})


@require_safe
@screen(Permission.SEE_GROUPS)
def download(request: AdminRequest) -> HttpResponseBase:
    """Send the groups that search and filter name as a CSV file."""
    record_look(request.organization.pk, Action.GROUPS_EXPORTED)
    chosen = GroupsForm(request.GET).chosen(request.people.group_ids)
    return csv_attachment(groups_csv(request.organization.pk, chosen), "groups")


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.SEE_GROUPS)
def detail(request: AdminRequest, group: int) -> HttpResponse:
    """Show one group and who is in it; a POST renames or removes it, or ends its rule."""
    found = group_or_404(request, group)
    posted = _posted(request)
    if posted is not None:
        check_for_all(request, posted)
        change = CHANGES.get(posted.get("do", ""))
        if change is None:
            raise Http404
        try:
            return change(request, found)
        except REFUSALS as refused:
            messages.error(request, _said(refused), extra_tags="bad")
        return redirect("web:group", group=group)
    form = MembersForm(request.GET)
    page = form.page(request.organization, group_id=found.pk, within=request.people)
    links = memberships_of(found, [one.id for one in page.people])
    members = [(one, links[one.id], reasons_of(links[one.id].reasons)) for one in page.people]
    values = {"form": form, "page": page, "members": members, "name_form": NameForm({"name": found.name})}
    return render(request, "web/groups/detail.html", {**about(request, found), **values})


def about(request: AdminRequest, group: Group) -> dict[str, Any]:
    """Return what every page of one group shows of it; a rule names people and groups whom not everybody may see."""
    shown: dict[str, Any] = {"section": "groups", "group": group}
    if may(request.admin, Permission.SEE_CONTENT):
        shown["assigned"] = courses_of_group(request.organization, group, request.people)
    if request.people.is_everybody:
        shown |= {"rule": rule_of(request.organization.pk, group.name), "nesting": nesting_of(group)}
    return shown | {"may_make": may_change_group(request.admin, None, by_rule=True)}


@require_safe
@screen(Permission.SEE_GROUPS)
def members_download(request: AdminRequest, group: int) -> HttpResponseBase:
    """Send everybody in the group as a CSV file, with why they are in."""
    found = group_or_404(request, group)
    record_look(request.organization.pk, Action.GROUPS_EXPORTED, {"group": found.pk})
    return csv_attachment(members_csv(found), f"group {found.name}")


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.EDIT_GROUPS)
def people(request: AdminRequest, group: int) -> HttpResponse:
    """Put people into the group or take them out: one at once, several after a look at the plan."""
    found = group_or_404(request, group)
    form = PeopleForm(request.POST if request.method == "POST" else None, request.organization, request.people)
    done, named = edit_named(request, form, lambda who: _edit(request, found, form, who), back=_address(found))
    if done is not None:
        return done
    leaves = (form["do"].value() or request.GET.get("do")) == PeopleForm.LEAVE
    values = {"form": form, "named": named, "leaves": leaves}
    return render(request, "web/groups/people.html", {**about(request, found), **values})


@require_safe
@screen(Permission.SEE_GROUPS)
def find_why(request: AdminRequest, group: int) -> HttpResponse:
    """Lead from the address or unique user id of somebody to why they are in the group."""
    found = group_or_404(request, group)
    who = request.GET.get("who", "").strip()
    people = learners_within(request.organization.pk, request.people)
    learner = people.filter(email_key=fold_key(who)).first() or people.filter(unique_user_id=who).first()
    if learner is None:
        messages.error(request, _("Nobody has the address or unique user ID %s.") % who, extra_tags="bad")
        return redirect("web:group", group=found.pk)
    return redirect("web:group-why", group=found.pk, learner_id=learner.id)


@require_safe
@screen(Permission.SEE_GROUPS)
def why(request: AdminRequest, group: int, learner_id: int) -> HttpResponse:
    """Say why somebody is in the group, or is not."""
    found = group_or_404(request, group)
    learner = learner_within(request.organization.pk, request.people, learner_id)
    if learner is None:
        raise Http404
    told = why_in(request.organization.pk, learner.id, found.pk)
    link = memberships_of(found, [learner.id]).get(learner.id)
    values = {"learner": learner, "name": name_of(learner), "why": told, "link": link}
    return render(request, "web/groups/why.html", {**about(request, found), **values})


def group_or_404(request: AdminRequest, group_id: int) -> Group:
    """Return a group of the asking organization that the admin may see; any other is not found."""
    found = groups_within(request.organization.pk, request.people).filter(id=group_id).first()
    if found is None:
        raise Http404
    return found


def check_for_all(request: AdminRequest, posted: object) -> None:
    """Let only those change groups themselves who may do so for everybody: a group's people may be changed by more."""
    if posted is not None and not may_change_group(request.admin, None, by_rule=True):
        raise PermissionDenied


def _posted(request: AdminRequest) -> Any:
    """Return the form that was sent, None for a mere look; who may only look may not send one."""
    if request.method != "POST":
        return None
    if not may(request.admin, Permission.EDIT_GROUPS):
        raise PermissionDenied
    return request.POST


def _edit(request: AdminRequest, group: Group, form: PeopleForm, people: Any) -> Any:
    joins = form.cleaned_data["do"] == PeopleForm.JOIN
    into, out = ([group.name], []) if joins else ([], [group.name])
    edits = [Edit(one.id, one.primary_email_address, joins=into, leaves=out) for one in people]
    words = _("Put into %s") if joins else _("Take out of %s")
    return edit_people(request.organization, edits, request.admin.account, note=words % group.name)


def _rename(request: AdminRequest, group: Group) -> HttpResponse:
    form = NameForm(request.POST)
    if not form.is_valid():
        raise GroupRefused(_("Give the group a name."))
    name = form.cleaned_data["name"]
    rename_group(request.organization, group, name, by=request.admin.account, now=timezone.now())
    messages.success(request, _("The group is called %s now.") % name, extra_tags="good")
    return redirect("web:group", group=group.pk)


def _remove(request: AdminRequest, group: Group) -> HttpResponse:
    job = remove_group(request.organization, group, by=request.admin.account, now=timezone.now())
    return follow(request, job, back=reverse("web:groups"))


def _end_rule(request: AdminRequest, group: Group) -> HttpResponse:
    job = end_rule(request.organization, group, by=request.admin.account, now=timezone.now())
    return follow(request, job, back=_address(group))


CHANGES: Final[dict[str, Callable[[AdminRequest, Group], HttpResponse]]] = {
    "rename": _rename,
    "remove": _remove,
    "end-rule": _end_rule,
}


def _address(group: Group) -> str:
    return reverse("web:group", kwargs={"group": group.pk})


def _said(refused: OrgSyncError) -> str:
    return refused.problem if isinstance(refused, RuleError) else str(refused)
