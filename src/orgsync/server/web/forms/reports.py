"""What a report asks, and how it is kept."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from orgsync.core.columns import label_of
from orgsync.server.directory.models import CustomAttribute
from orgsync.server.orgs.models import Organization
from orgsync.server.reports.measures import MEASURES
from orgsync.server.reports.models import Rhythm
from orgsync.server.reports.questions import ATTRIBUTES, GROUP, MANAGER, WHOLE, Over, Period, Question
from orgsync.server.web.forms.plain import PlainForm

PERIODS: Final = [
    (Period.LAST_30.value, _("Last 30 days")),
    (Period.LAST_90.value, _("Last 90 days")),
    (Period.LAST_365.value, _("Last 365 days")),
    (Period.THIS_MONTH.value, _("This month")),
    (Period.LAST_MONTH.value, _("Last month")),
    (Period.CHOSEN.value, _("From day to day:")),
]
OVER: Final = [
    (Over.NOTHING.value, _("All days together")),
    (Over.WEEK.value, _("Week by week")),
    (Over.MONTH.value, _("Month by month")),
]
RHYTHMS: Final = [
    (Rhythm.NEVER.value, _("Never")),
    (Rhythm.DAILY.value, _("Every day")),
    (Rhythm.WEEKLY.value, _("Every Monday")),
    (Rhythm.MONTHLY.value, _("On the first of each month")),
]


def slice_label(name: str) -> str:
    """Return what people are sliced by, as words."""
    fixed = {WHOLE: _("Everybody together"), GROUP: _("Group"), MANAGER: _("Manager")}
    return str(fixed.get(name, label_of(name)))


class ReportForm(PlainForm):
    """A question; whatever is not a choice falls back to the default, so that an old address still shows something."""

    measure = forms.ChoiceField(label=_("Measure"), choices=[(key, one.label) for key, one in MEASURES.items()])
    slice = forms.ChoiceField(label=_("By"))
    period = forms.ChoiceField(label=_("Period"), choices=PERIODS)
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput({"type": "date"}))
    until = forms.DateField(label=_("Until"), required=False, widget=forms.DateInput({"type": "date"}))

    over = forms.ChoiceField(label=_("Over time"), choices=OVER, required=False)

    def __init__(self, given: Any, organization: Organization, default: Question | None = None) -> None:
        self.default = default or Question()
        super().__init__({**self._initial(), **{name: given[name] for name in given if name in self.base_fields}})
        custom = CustomAttribute.objects.filter(organization=organization).order_by("name")
        names = [WHOLE, *ATTRIBUTES, *custom.values_list("name", flat=True), GROUP, MANAGER]
        self.fields["slice"].choices = [(name, slice_label(name)) for name in names]  # type: ignore[attr-defined]

    def question(self) -> Question:
        self.full_clean()
        known, kept = self.cleaned_data, self.default
        return Question(
            known.get("measure") or kept.measure,
            known.get("slice") or kept.slice,
            Period(known.get("period") or kept.period),
            known.get("since"),
            known.get("until"),
            Over(known.get("over", kept.over)),
        )

    def _initial(self) -> dict[str, Any]:
        kept = self.default
        days = {
            "since": kept.since.isoformat() if kept.since else "",
            "until": kept.until.isoformat() if kept.until else "",
        }
        asked = {"measure": kept.measure, "slice": kept.slice, "period": kept.period.value, "over": kept.over.value}
        return asked | days


class SaveForm(PlainForm):
    name = forms.CharField(label=_("Name"), max_length=100)
    is_shared = forms.BooleanField(
        label=_("Share it"),
        required=False,
        help_text=_("Other admins who may see reports find it in their list; each sees only their own people in it."),
    )
    rhythm = forms.ChoiceField(
        label=_("Mail it to me"), choices=RHYTHMS, help_text=_("In the morning, in the organization's time zone.")
    )
