"""Upload: which feed, which file, on what terms; and the word that starts it."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from orgsync.core.model import Mode, RowPolicy
from orgsync.server.directory.models import Feed
from orgsync.server.orgs.models import Organization
from orgsync.server.uploads.adding import UPLOADS_BY_HAND
from orgsync.server.uploads.queries import feeds_of
from orgsync.server.uploads.terms import Asked, WiderThanAllowed, narrowed, terms_of_feed
from orgsync.server.web.forms.plain import PlainForm
from orgsync.server.web.templatetags.jobs import MODE_WORDS

FIRST: Final = "by_hand"
MODES: Final = [("", _("as the feed says")), *((mode.value, MODE_WORDS[mode]) for mode in Mode)]
ROWS: Final = [
    ("", _("as the feed says")),
    (RowPolicy.GOOD_ROWS.value, _("left out, the other rows are applied")),
    (RowPolicy.ALL_OR_NOTHING.value, _("nothing of the file is applied")),
]


class UploadForm(PlainForm):
    """A file and the feed that it belongs to. Its terms can be narrower than the feed's, never wider."""

    feed = forms.ChoiceField(label=_("Feed"), help_text=_("Use a feed of its own for files that people make by hand."))
    file = forms.FileField(label=_("CSV file"), widget=forms.FileInput({"accept": ".csv,.txt,.gz,text/csv"}))
    mode = forms.ChoiceField(
        label=_("Treat the file as"),
        choices=MODES,
        required=False,
        help_text=_("Never wider than the feed's own mode."),
    )
    rows = forms.ChoiceField(label=_("When a row is in error"), choices=ROWS, required=False)
    is_dry_run = forms.BooleanField(
        label=_("Dry run: this file may only ever show what it would change"), required=False
    )

    def __init__(self, data: Any, files: Any, organization: Organization) -> None:
        self.feeds = {str(feed.pk): feed for feed in feeds_of(organization)}
        named = {feed.name: number for number, feed in self.feeds.items()}
        super().__init__(data, files, initial={"feed": named.get(UPLOADS_BY_HAND, FIRST)})
        first = [] if UPLOADS_BY_HAND in named else [(FIRST, UPLOADS_BY_HAND)]
        known = [(number, feed.name) for number, feed in self.feeds.items()]
        self.fields["feed"].choices = [*first, *known]  # type: ignore[attr-defined]  # a ChoiceField

    def chosen_feed(self) -> Feed | None:
        """Return the feed; None when it is the one to be made."""
        return self.feeds.get(self.cleaned_data.get("feed", ""))

    def asked(self) -> Asked:
        given = self.cleaned_data
        mode, rows = given.get("mode"), given.get("rows")
        return Asked(
            Mode(mode) if mode else None, RowPolicy(rows) if rows else None, True if given.get("is_dry_run") else None
        )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        feed = self.chosen_feed() or Feed(mode=Mode.CHANGES, rows=RowPolicy.GOOD_ROWS)
        try:
            narrowed(terms_of_feed(feed), self.asked())
        except WiderThanAllowed as error:
            self.add_error(
                error.parameter, _("The feed allows no more than what it says itself; choose a narrower one.")
            )
        return given


class StartForm(PlainForm):
    """What is to become of a file that was looked at."""

    APPLY, DRY_RUN = "apply", "dry_run"

    start = forms.ChoiceField(choices=[(APPLY, APPLY), (DRY_RUN, DRY_RUN)])

    def asked(self) -> Asked:
        return Asked(dry_run=self.cleaned_data["start"] == self.DRY_RUN)
