"""What the pages of upload jobs take in: filters of the history and of a plan, and the word on a job."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from orgsync.core.model import JobStatus
from orgsync.server.orgs.models import Organization
from orgsync.server.uploads.planpages import PlanFile, PlanFilter
from orgsync.server.uploads.queries import JobFilter, feeds_of
from orgsync.server.web.forms.plain import PlainForm
from orgsync.server.web.templatetags.jobs import KIND_WORDS

ANY: Final = [("", _("All"))]
PERIODS: Final = [
    ("1", _("Last 24 hours")),
    ("7", _("Last 7 days")),
    ("30", _("Last 30 days")),
    ("365", _("Last year")),
]
STATUSES: Final = [
    (JobStatus.HELD.value, _("Held")),
    (JobStatus.PROCESSING.value, _("Processing")),
    (JobStatus.QUEUED.value, _("Queued")),
    (JobStatus.CREATED.value, _("Created")),
    (JobStatus.DONE.value, _("Done")),
    (JobStatus.FAILED.value, _("Failed")),
    (JobStatus.CANCELLED.value, _("Cancelled")),
]
TARGETS_OFFERED: Final = 500
EVERYTHING: Final = PlanFilter()


class JobFilterForm(PlainForm):
    """Filters of the history; a value that does not exist does not narrow."""

    feed = forms.ChoiceField(label=_("Feed"), required=False)
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[*ANY, *STATUSES])
    period = forms.ChoiceField(label=_("Period"), required=False, choices=[*ANY, *PERIODS])

    def __init__(self, data: Any, organization: Organization, *, asked_by: int | None = None) -> None:
        super().__init__(data)
        self.asked_by = asked_by
        feeds = [(str(feed.pk), feed.name) for feed in feeds_of(organization)]
        self.fields["feed"].choices = [*ANY, *feeds]  # type: ignore[attr-defined]  # a ChoiceField

    def chosen(self, now: datetime) -> JobFilter:
        """Return the filter of the page."""
        self.full_clean()
        given = self.cleaned_data
        feed, period = given.get("feed"), given.get("period")
        return JobFilter(
            feed_id=int(feed) if feed else None,
            status=given.get("status") or "",
            since=now - timedelta(days=int(period)) if period else None,
            asked_by=self.asked_by,
        )


class PageForm(PlainForm):
    """Which page of the history: the public id of the job that it stands behind or before."""

    older_than = forms.IntegerField(required=False, min_value=0)
    newer_than = forms.IntegerField(required=False, min_value=0)

    def place(self) -> dict[str, int]:
        """Return what was asked for and can be understood."""
        self.full_clean()
        return {name: value for name, value in self.cleaned_data.items() if value is not None}


class PlanFilterForm(PlainForm):
    """Filters of the plan browser; only kinds and targets that the plan has can be chosen."""

    kind = forms.ChoiceField(required=False, widget=forms.HiddenInput)
    q = forms.CharField(
        label=_("E-mail or name begins with"),
        required=False,
        max_length=254,
        widget=forms.TextInput({"type": "search", "autocomplete": "off"}),
    )
    target = forms.ChoiceField(label=_("Group, pool or attribute"), required=False)
    at = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(self, data: Any, plan: PlanFile, seen: PlanFilter = EVERYTHING) -> None:
        super().__init__(data)
        self.seen = seen
        kinds = [(known.kind.value, KIND_WORDS[known.kind]) for known in plan.kinds]
        self.fields["kind"].choices = [*ANY, *kinds]  # type: ignore[attr-defined]  # a ChoiceField
        self.offered = plan.targets(self["kind"].value() or "")
        shown = [(name, f"{name} ({count:,})") for name, count in self.offered[:TARGETS_OFFERED]]
        asked = self["target"].value()
        # Of thousands of groups only the largest stand in the list; one that the address names counts all the same.
        if asked and asked not in dict(shown) and asked in dict(self.offered):
            shown.append((asked, asked))
        self.fields["target"].choices = [*ANY, *shown]  # type: ignore[attr-defined]  # a ChoiceField

    def chosen(self) -> PlanFilter:
        """Return the filter of the page; what does not exist in this plan does not narrow."""
        self.full_clean()
        given = self.cleaned_data
        kind, target, text = (given.get(name) or "" for name in ("kind", "target", "q"))
        return replace(self.seen, kind=kind, target=target, text=text)

    def position(self) -> int:
        return self.cleaned_data.get("at") or 0


class DecisionForm(PlainForm):
    """A person's word on a job. An approval names the plan that was shown, and says that it was looked at."""

    APPROVE, ADD, REJECT, CANCEL = "approve", "add", "reject", "cancel"
    TRY_UNDO, UNDO = "try_undo", "undo"

    decision = forms.ChoiceField(choices=[(word, word) for word in (APPROVE, ADD, REJECT, CANCEL, TRY_UNDO, UNDO)])
    chosen = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    """The learner to whom an undo is limited."""
    plan = forms.CharField(required=False)
    is_looked_at = forms.BooleanField(required=False)
    why = forms.CharField(required=False, max_length=500)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("decision") in {self.APPROVE, self.ADD} and not given.get("is_looked_at"):
            raise forms.ValidationError(_("Look at the plan first, and tick that you have. Nothing was changed."))
        return given

    def refusal(self) -> str:
        """Return why the word does not count, as one sentence."""
        return " ".join(str(error) for error in self.non_field_errors()) or str(_("That is no decision."))
