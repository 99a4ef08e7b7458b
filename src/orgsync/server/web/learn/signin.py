"""Signing in as a learner, and out: no password, no account."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from orgsync.server.learning.models import TryKind, Way
from orgsync.server.learning.signin import asking, sessions
from orgsync.server.learning.signin.links import VALID_FOR, Standing, standing_of, use_link
from orgsync.server.signon import learnercookies as cookies
from orgsync.server.signon.configuring import sign_ons_on
from orgsync.server.web.accounts import client_address
from orgsync.server.web.forms.plain import PlainForm

_STATUS = {Standing.OPEN: 200, Standing.ELSEWHERE: 403, Standing.OVER: 410, Standing.UNKNOWN: 404}


class AddressForm(PlainForm):
    """Where a link is to go."""

    email = forms.EmailField(
        label=gettext_lazy("Your work e-mail address"),
        max_length=254,
        help_text=gettext_lazy("There is no password: you get a link by mail."),
        widget=forms.EmailInput({"autocomplete": "email"}),
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Take an address, and say the same whether anybody has it or not."""
    now, client = timezone.now(), client_address(request) or ""
    form = AddressForm(request.POST if request.method == "POST" else None)
    values = {"form": form, "has_sign_on": sign_ons_on().exists()}
    if request.method != "POST" or not form.is_valid():
        return render(request, "learn/sign_in.html", values)
    if asking.has_to_wait(client, TryKind.ASK, now=now):
        return render(request, "learn/wait.html", status=429)
    browser = cookies.remember_browser(request)
    asking.ask(form.cleaned_data["email"], client, browser, now=now)
    response = redirect("learn:asked")
    cookies.keep_browser(response, browser)
    return response


@never_cache
@require_http_methods(["GET", "HEAD"])
def asked(request: HttpRequest) -> HttpResponse:
    """Say that a mail is on its way to whoever may sign in."""
    return render(request, "learn/asked.html", {"minutes": int(VALID_FOR.total_seconds() // 60)})


# The key stands in the query, which no log of ours holds; no copy of the page may stay in a cache.
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest) -> HttpResponseBase:
    """Show what a link from a mail does; a POST does it, once. A program that looks into mails uses nothing up."""
    now, client = timezone.now(), client_address(request) or ""
    if asking.has_to_wait(client, TryKind.MISS, now=now):
        return render(request, "learn/wait.html", status=429)
    key, browser = request.GET.get("key", ""), cookies.browser_of(request)
    if request.method == "POST" and (found := use_link(key, browser, now=now)) is not None:
        organization, learner = found
        return cookies.sign_in(request, redirect(cookies.onward_of(request)), organization, learner, Way.LINK)
    standing = standing_of(key, browser, now=now)
    if standing is Standing.UNKNOWN:
        asking.note_miss(client, now=now)
    # A link that is open and still lets nobody in belongs to somebody who has left.
    if request.method == "POST" and standing is Standing.OPEN:
        standing = Standing.OVER
    return render(request, "learn/enter.html", {"standing": standing.value}, status=_STATUS[standing])


@require_http_methods(["GET", "HEAD"])
def onward(request: HttpRequest) -> HttpResponseBase:
    """Lead to the page that somebody wanted to see before they signed in."""
    return redirect(cookies.onward_of(request))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    sessions.end(request.COOKIES.get(cookies.SESSION, ""))
    messages.success(request, _("You are signed out."), extra_tags="good")
    response = redirect("learn:sign-in")
    cookies.forget(response, cookies.SESSION)
    return response
