"""Reports: one question with its table and chart, the people behind a line, files, and the story for the board."""

from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record_look
from orgsync.server.orgs.access import Permission
from orgsync.server.reports.answers import PAGE, SHOWN, Counted, Report, answer, people_of
from orgsync.server.reports.files import csv_parts, people_table, table_of, workbook
from orgsync.server.reports.measures import MEASURES
from orgsync.server.reports.models import Rhythm, SavedReport
from orgsync.server.reports.questions import Period, Question, from_json, span_of
from orgsync.server.reports.roi import tell_story
from orgsync.server.reports.saving import SavingRefused, remove_report, save_report, visible_reports
from orgsync.server.reports.series import buckets_of, series_of
from orgsync.server.web.downloads import csv_attachment
from orgsync.server.web.forms.reports import ReportForm, SaveForm, slice_label
from orgsync.server.web.screens import AdminRequest, screen
from orgsync.server.web.serieschart import MOST, before_and_after, between, chart_of

FORMS: Final = ("csv", "xlsx")
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NO_VALUE: Final = "-"
"""In an address: people who have no value."""


@require_safe
@screen(Permission.SEE_REPORTS)
def index(request: AdminRequest) -> HttpResponse:
    """Show a report: the one that the address asks for, or the one that is kept under `saved`."""
    saved = _saved(request)
    form = ReportForm(request.GET, request.organization, from_json(saved.question) if saved else None)
    report = answer(request.organization, form.question(), request.people, now=timezone.now())
    kept = {"name": saved.name, "is_shared": saved.is_shared, "rhythm": saved.rhythm} if saved else {}
    values = {
        "section": "reports",
        "form": form,
        "save": SaveForm(initial=kept),
        "saved": saved,
        "others": visible_reports(request.organization, request.admin.account),
        **_shown(report),
        **(_over_time(request, report) if report.has_series and report.slices else {}),
    }
    return render(request, "web/reports/index.html", values)


@require_POST
@screen(Permission.SEE_REPORTS)
def save(request: AdminRequest) -> HttpResponseBase:
    """Keep a report under a name, or remove one."""
    if "remove" in request.POST:
        number = request.POST["remove"]
        if not (_is_number(number) and remove_report(request.organization, request.admin.account, int(number))):
            raise Http404
        messages.success(request, _("The report is removed."), extra_tags="good")
        return redirect("web:reports")
    form, asked = SaveForm(request.POST), ReportForm(request.POST, request.organization).question()
    try:
        form.full_clean()
        made = save_report(
            request.organization,
            request.admin.account,
            form.cleaned_data.get("name", ""),
            asked,
            is_shared=form.cleaned_data["is_shared"],
            rhythm=Rhythm(form.cleaned_data.get("rhythm", Rhythm.NEVER)),
            now=timezone.now(),
        )
    except SavingRefused as refused:
        messages.error(request, str(refused), extra_tags="bad")
        return redirect(f"{reverse('web:reports')}?{_query(asked)}")
    messages.success(request, _("The report “%s” is kept.") % made.name, extra_tags="good")
    return redirect(f"{reverse('web:reports')}?saved={made.pk}")


@require_safe
@screen(Permission.SEE_REPORTS)
def people(request: AdminRequest) -> HttpResponse:
    """Show who is behind one line of a report."""
    asked = ReportForm(request.GET, request.organization).question()
    found = _people(request, asked, limit=PAGE + 1)
    page, last = found[:PAGE], found[PAGE - 1] if len(found) > PAGE else None
    values = {
        "section": "reports",
        "asked": asked,
        "label": _label(request),
        "days": _days_asked(request, asked),
        "slice_label": slice_label(asked.slice),
        "people": page,
        "query": _query(asked),
        "after": f"{last.raw}.{last.learner_id}" if last else "",
        "is_first": not request.GET.get("after"),
    }
    return render(request, "web/reports/people.html", values)


@require_safe
@screen(Permission.SEE_REPORTS)
def download(request: AdminRequest, form: str) -> HttpResponseBase:
    """Send a report, or the people behind one line of it, as CSV or as a workbook."""
    if form not in FORMS:
        raise Http404
    asked = ReportForm(request.GET, request.organization).question()
    record_look(request.organization.pk, Action.REPORT_EXPORTED)
    if "of" in request.GET:
        table = people_table(_people(request, asked, limit=None), str(asked.measured.label))
    else:
        report = answer(request.organization, asked, request.people, now=timezone.now())
        series = series_of(request.organization, report, request.people) if report.has_series else None
        table = table_of(report, slice_label(asked.slice), series)
    if form == "csv":
        return csv_attachment(csv_parts(table), "report")
    name = f"report-{timezone.localdate().isoformat()}.xlsx"
    sent = {"Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or "attachment"}
    return HttpResponse(workbook(table), content_type=XLSX, headers=sent | {"Cache-Control": "private, no-store"})


@require_safe
@screen(Permission.SEE_REPORTS)
def story(request: AdminRequest) -> HttpResponse:
    """Show what learning came to, beside as many days before."""
    form = ReportForm(request.GET, request.organization, Question("hours", "department_name", Period.LAST_90))
    asked = form.question()
    told = tell_story(request.organization, asked, request.people, now=timezone.now())
    top = max([1, *(side.adoption for line in told.lines for side in (line.before, line.after))])
    chart = before_and_after(told.hours_before, told.hours_after, (_("Before"), _("After")))
    values = {
        "section": "reports",
        "form": form,
        "story": told,
        "lines": [
            (line, between(line.before.adoption, top), between(line.after.adoption, top)) for line in told.lines[:SHOWN]
        ],
        "chart": chart,
        "measure": MEASURES["hours"],
        "slice_label": slice_label(asked.slice),
    }
    return render(request, "web/reports/story.html", values)


def _saved(request: AdminRequest) -> SavedReport | None:
    number = request.GET.get("saved", "")
    if not number:
        return None
    found = visible_reports(request.organization, request.admin.account)
    saved = found.filter(id=int(number)).first() if _is_number(number) else None
    if saved is None:
        raise Http404
    return saved


def _shown(report: Report) -> dict[str, Any]:
    """Return what the table and the chart need: the first slices, and how many more there are."""
    asked = report.asked
    return {
        "report": report,
        "asked": asked,
        "measure": asked.measured,
        "query": _query(asked),
        "slice_label": slice_label(asked.slice),
        "lines": [(one, _of(one.key)) for one in report.slices[:SHOWN]],
        "rest": max(0, len(report.slices) - SHOWN),
        "top": max((one.value for one in report.slices), default=0) or 1,
    }


def _over_time(request: AdminRequest, report: Report) -> dict[str, Any]:
    """Return the report over time, as a chart and as a table of the same slices."""
    series = series_of(request.organization, report, request.people, most=MOST)
    chart = chart_of(series, none=_("(none)"), everybody=_("Everybody"))
    keys = [(_of(line.key), curve.label) for line, curve in zip(series.lines, chart.curves, strict=True)]
    times = [
        (slot.label, bucket, [(line.values[place], *key) for line, key in zip(series.lines, keys, strict=True)])
        for place, (slot, bucket) in enumerate(zip(chart.slots, series.buckets, strict=True))
    ]
    return {"series": series, "chart": chart, "times": times, "series_rest": max(0, len(report.slices) - MOST)}


def _of(key: str | None) -> str:
    """Return how an address names a slice."""
    return NO_VALUE if key is None else f"={key}"


def _people(request: AdminRequest, asked: Question, *, limit: int | None) -> list[Counted]:
    """Return the people of the line that the address names: `=value`, or people without one."""
    of = request.GET.get("of", NO_VALUE)
    if of != NO_VALUE and not of.startswith("="):
        raise Http404
    return people_of(
        request.organization,
        asked,
        request.people,
        wanted=None if of == NO_VALUE else of[1:],
        now=timezone.now(),
        after=_after(request),
        limit=limit,
        days=_days_asked(request, asked),
    )


def _days_asked(request: AdminRequest, asked: Question) -> tuple[date, date] | None:
    """Return the first and last day of the week or month that the address names by its first day; None without one."""
    if "at" not in request.GET:
        return None
    found = buckets_of(asked.over, span_of(request.organization, asked, timezone.now())) if asked.over else ()
    for bucket in found:
        if bucket.first.isoformat() == request.GET["at"]:
            return bucket.first, bucket.last
    raise Http404


def _after(request: AdminRequest) -> tuple[int, int] | None:
    value, _dot, last = request.GET.get("after", "").partition(".")
    return (int(value), int(last)) if _is_number(value) and _is_number(last) else None


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) < 18


def _label(request: AdminRequest) -> str:
    return request.GET.get("name", "") or request.GET.get("of", "").removeprefix("=").removeprefix(NO_VALUE)


def _query(asked: Question) -> str:
    days = {"since": asked.since, "until": asked.until}
    chosen = {name: day.isoformat() for name, day in days.items() if day}
    over = {"over": asked.over.value} if asked.over else {}
    return urlencode({"measure": asked.measure, "slice": asked.slice, "period": asked.period.value, **chosen, **over})
