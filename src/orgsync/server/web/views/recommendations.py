"""Content › Recommendations: the rules by which content is recommended to people with a value of an attribute."""

from collections.abc import Iterable, Iterator

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orgsync.core.columns import label_of
from orgsync.server.directory.csvfiles import csv_file
from orgsync.server.learning.models import Affinity, Content, RecommendationRule
from orgsync.server.learning.recommending.rules import RuleRefused, count_people, make_rule, remove_rule, values_of
from orgsync.server.orgs.access import Permission, may_for_all
from orgsync.server.web.downloads import csv_attachment
from orgsync.server.web.forms.recommendations import RuleForm, RulesForm
from orgsync.server.web.screens import AdminRequest, screen

COLUMNS = ("attribute", "value", "content", "skill", "why", "made_at")


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.SEE_CONTENT)
def index(request: AdminRequest) -> HttpResponse:
    """List the rules; a POST makes one."""
    may_change = may_for_all(request.admin, Permission.RECOMMEND_CONTENT)
    if request.method == "POST" and not may_change:
        raise PermissionDenied
    form = RuleForm(request.POST if request.method == "POST" else None, request.organization)
    if request.method == "POST" and form.is_valid():
        try:
            make_rule(request.organization, form.wanted(), by=request.admin.account, now=timezone.now())
        except RuleRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("The rule holds from now on."), extra_tags="good")
            return redirect("web:recommendations")
    listing = RulesForm(request.GET)
    page = listing.page(request.organization)
    values = {
        "section": "recommendations",
        "form": form,
        "listing": listing,
        "page": page,
        "lines": _lines(request, page.rules),
        "is_narrowed": bool(listing.cleaned_data.get("q")),
        "may_change": may_change,
        "learned": Affinity.objects.filter(organization_id=request.organization.pk).count(),
    }
    return render(request, "web/recommendations/index.html", values)


@require_safe
@screen(Permission.RECOMMEND_CONTENT, for_all=True)
def count(request: AdminRequest) -> HttpResponse:
    """Say how many people a value means, while it is typed."""
    attribute, value = request.GET.get("attribute", ""), request.GET.get("value", "")
    found = count_people(request.organization.pk, attribute, value) if value.strip() else None
    known = list(values_of(request.organization.pk, attribute))[:200]
    return render(request, "web/recommendations/_count.html", {"count": found, "known": known})


@require_POST
@screen(Permission.RECOMMEND_CONTENT, for_all=True)
def remove(request: AdminRequest, rule: int) -> HttpResponse:
    """Remove a rule."""
    if not remove_rule(request.organization, rule, now=timezone.now()):
        raise Http404
    messages.success(request, _("The rule is gone."), extra_tags="good")
    return redirect("web:recommendations")


@require_safe
@screen(Permission.SEE_CONTENT)
def download(request: AdminRequest) -> HttpResponseBase:
    """Send the rules that the search names as a CSV file."""
    rules = list(RulesForm(request.GET).found(request.organization))
    return csv_attachment(csv_file(COLUMNS, _csv_lines(request, rules)), "recommendations")


def _lines(request: AdminRequest, rules: Iterable[RecommendationRule]) -> list[tuple[RecommendationRule, str, str]]:
    """Return each rule with the words for its attribute and the title of its content."""
    titles = _titles(request, rules)
    return [(rule, label_of(rule.attribute), titles.get(rule.content_id or 0, "")) for rule in rules]


def _csv_lines(request: AdminRequest, rules: list[RecommendationRule]) -> Iterator[tuple[object, ...]]:
    titles = _titles(request, rules)
    for rule in rules:
        title = titles.get(rule.content_id or 0, "")
        yield rule.attribute, rule.value, title, rule.skill, rule.why, rule.made_at


def _titles(request: AdminRequest, rules: Iterable[RecommendationRule]) -> dict[int, str]:
    ids = [rule.content_id for rule in rules if rule.content_id]
    return dict(Content.objects.filter(organization=request.organization, id__in=ids).values_list("id", "title"))
