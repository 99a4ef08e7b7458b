"""Where the sign-in library finds the providers, how it calls them, and whom it lets in."""

from typing import Any

import requests
import structlog
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import redirect, render
from django.utils import timezone

from orgsync.server.learning.models import Way
from orgsync.server.orgs.models import SingleSignOn
from orgsync.server.sealing import Unreadable
from orgsync.server.signon.admission import NotAdmitted, Reason, admit, admit_learner, note_refusal
from orgsync.server.signon.calling import guarded_session
from orgsync.server.signon.configuring import secret_of, sign_ons_on
from orgsync.server.signon.learnercookies import sign_in
from orgsync.server.signon.provider import AS_LEARNER

REFUSED = "account/sign_on_refused.html"
log = structlog.get_logger()


class OrganizationSignOn(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Every organization brings its own provider; none of them opens what is another organization's."""

    def list_apps(self, request: HttpRequest, provider: str | None = None, client_id: str | None = None) -> list[Any]:  # noqa: ARG002  allauth's signature
        found = sign_ons_on()
        if provider not in {None, OpenIDConnectProvider.id}:
            found = found.filter(public_id=provider)
        return [app for app in map(_app, found) if app is not None]

    def get_requests_session(self) -> requests.Session:
        return guarded_session()

    def on_authentication_error(self, request: HttpRequest, provider: Any, **what: Any) -> None:  # noqa: ARG002
        """Leave a word for the operators; the page says no more than that it went wrong."""
        log.warning("sign_on_failed", provider=provider.sub_id, error=str(what["error"]), why=str(what["exception"]))

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:  # noqa: ARG002
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Let in whom the organization lets in, and link an admin's account at their first time."""
        sign_on = sign_ons_on().get(public_id=sociallogin.account.provider)
        address = next((one.email for one in sociallogin.email_addresses if one.verified), "")
        is_learner = bool(sociallogin.state.get(AS_LEARNER))
        try:
            _check_nonce(sociallogin)
            if is_learner:
                learner = admit_learner(sign_on, address)
            else:
                self._let_in(request, sign_on, sociallogin, address)
        except NotAdmitted as refused:
            note_refusal(sign_on, refused, now=timezone.now())
            told = {"reason": refused.reason.value, "sign_on": sign_on, "is_learner": is_learner}
            page = render(request, REFUSED, told, status=403)
            raise ImmediateHttpResponse(page) from refused
        if is_learner:
            onward = redirect("learn:onward")
            raise ImmediateHttpResponse(sign_in(request, onward, sign_on.organization, learner, Way.SINGLE_SIGN_ON))

    def _let_in(self, request: HttpRequest, sign_on: SingleSignOn, sociallogin: SocialLogin, address: str) -> None:
        linked = sociallogin.user if sociallogin.is_existing else None
        with transaction.atomic():
            account = admit(sign_on, linked, address, now=timezone.now())
            if linked is None:
                sociallogin.connect(request, account)


def _check_nonce(sociallogin: SocialLogin) -> None:
    """Raise NotAdmitted unless the ID token was made for the sign-in that this browser began."""
    if not sociallogin.nonce or sociallogin.nonce != sociallogin.state.get("nonce"):
        raise NotAdmitted(Reason.NOT_OURS)


def _app(sign_on: SingleSignOn) -> SocialApp | None:
    try:
        secret = secret_of(sign_on)
    except Unreadable as error:
        log.warning("sign_on_unreadable", organization=sign_on.organization_id, error=str(error))
        return None
    return SocialApp(
        provider=OpenIDConnectProvider.id,
        provider_id=sign_on.public_id,
        name=sign_on.organization.name,
        client_id=sign_on.client_id,
        secret=secret,
        settings={"server_url": sign_on.issuer},
    )
