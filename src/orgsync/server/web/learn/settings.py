"""What the learner hears of, when, and where they are signed in; and the one click that stops a mail."""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from orgsync.server.learning.models import Digest, Hearing, LearnerChoices
from orgsync.server.learning.signin.sessions import end_others, sessions_of
from orgsync.server.learning.telling.choices import MailKind, choices_of, choose, read_token, unsubscribe
from orgsync.server.web.forms.plain import PlainForm
from orgsync.server.web.learn.screens import LearnerRequest, learner_screen

_HEARING: Final = [
    (Hearing.MAIL.value, gettext_lazy("On my home, and by mail")),
    (Hearing.FEED.value, gettext_lazy("On my home only")),
    (Hearing.NONE.value, gettext_lazy("Not at all")),
]
_DIGEST: Final = [
    (Digest.DAILY.value, gettext_lazy("Every morning")),
    (Digest.WEEKLY.value, gettext_lazy("Every Monday morning")),
    (Digest.OFF.value, gettext_lazy("Never")),
]
_HOURS: Final = [("", gettext_lazy("none")), *((str(hour), f"{hour:02}:00") for hour in range(24))]
_FIELDS: Final = ("likes", "completions", "shares", "digest", "is_private", "quiet_from", "quiet_until")


class ChoicesForm(PlainForm):
    """What one person wants to hear and to have told."""

    shares = forms.ChoiceField(
        label=gettext_lazy("A colleague shares something with me"),
        choices=_HEARING,
        help_text=gettext_lazy("The mail comes at once."),
    )
    completions = forms.ChoiceField(
        label=gettext_lazy("A colleague completes something"),
        choices=_HEARING,
        help_text=gettext_lazy("By mail it comes with the digest."),
    )
    likes = forms.ChoiceField(
        label=gettext_lazy("A colleague likes something"),
        choices=_HEARING,
        help_text=gettext_lazy("By mail it comes with the digest."),
    )
    digest = forms.ChoiceField(
        label=gettext_lazy("The digest comes"),
        choices=_DIGEST,
        help_text=gettext_lazy("One mail with what your colleagues did since the last one. No news, no mail."),
    )
    quiet_from = forms.TypedChoiceField(
        label=gettext_lazy("No mail from"), choices=_HOURS, required=False, coerce=int, empty_value=None
    )
    quiet_until = forms.TypedChoiceField(
        label=gettext_lazy("until"),
        choices=_HOURS,
        required=False,
        coerce=int,
        empty_value=None,
        help_text=gettext_lazy("Hours of your organization's day. What comes meanwhile is sent afterwards."),
    )
    is_private = forms.BooleanField(
        label=gettext_lazy("Keep what I like and complete to myself"),
        required=False,
        help_text=gettext_lazy("No colleague hears of it, of earlier things neither. What you share, you share."),
    )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if (given.get("quiet_from") is None) != (given.get("quiet_until") is None):
            self.add_error("quiet_until", _("Give both hours, or none."))
        return given


@require_http_methods(["GET", "HEAD", "POST"])
@learner_screen
def index(request: LearnerRequest) -> HttpResponse:
    """Show the choices; a POST sets them."""
    mine = request.organization.pk, request.learner.id
    known = choices_of(*mine)
    form = ChoicesForm(request.POST if request.method == "POST" else None, initial=_initial(known))
    if request.method == "POST" and form.is_valid():
        choose(*mine, {name: form.cleaned_data[name] for name in _FIELDS})
        messages.success(request, _("Saved."), extra_tags="good")
        return redirect("learn:settings")
    sessions = sessions_of(*mine, now=timezone.now())
    values = {"section": "settings", "form": form, "sessions": sessions, "own": request.signed_in.session.digest}
    return render(request, "learn/settings.html", values)


@require_POST
@learner_screen
def end_other_sessions(request: LearnerRequest) -> HttpResponse:
    """Sign out everywhere else."""
    end_others(request.signed_in)
    messages.success(request, _("You are signed in here alone."), extra_tags="good")
    return redirect("learn:settings")


# RFC 8058: a mail program posts here by itself, without cookies and so without a form's token; the signed part of the
# address is what says who is meant. A GET only asks, since programs look at links.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop_mails(request: HttpRequest) -> HttpResponse:
    """Stop a kind of mail for the person whose mail held the link."""
    what = read_token(request.GET.get("t", ""))
    if what is None:
        return render(request, "learn/unsubscribe.html", {"standing": "unknown"}, status=404)
    if request.method == "POST":
        unsubscribe(what)
    values = {"standing": "done" if request.method == "POST" else "ask", "is_digest": what.kind is MailKind.DIGEST}
    return render(request, "learn/unsubscribe.html", values)


def _initial(known: LearnerChoices) -> dict[str, Any]:
    return {name: getattr(known, name) for name in _FIELDS}
