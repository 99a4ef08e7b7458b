"""Signing in and out, recorded for every organization that the account belongs to."""

from typing import Any

from allauth.account.signals import password_changed, password_reset
from allauth.mfa.signals import authentication_failed, authenticator_added, authenticator_removed, authenticator_reset
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.utils import timezone

from orgsync.server.audit import actors
from orgsync.server.audit.actions import Action
from orgsync.server.audit.actors import Actor
from orgsync.server.audit.log import record
from orgsync.server.orgs.models import Account, Admin

ADDRESS_KEYS = ("email_key", "email", "username", "login")
"""Where a refused sign-in may carry the address, by the backend that was asked."""


def connect() -> None:
    """Have every sign-in, sign-out, refusal, and change of what one signs in with recorded from now on."""
    user_logged_in.connect(_signed_in, dispatch_uid="audit")
    user_logged_out.connect(_signed_out, dispatch_uid="audit")
    user_login_failed.connect(_refused, dispatch_uid="audit")
    password_reset.connect(_reset, dispatch_uid="audit")
    password_changed.connect(_changed, dispatch_uid="audit")
    authentication_failed.connect(_code_refused, dispatch_uid="audit")
    authenticator_added.connect(_factor_added, dispatch_uid="audit")
    authenticator_removed.connect(_factor_removed, dispatch_uid="audit")
    authenticator_reset.connect(_factor_added, dispatch_uid="audit")


def _signed_in(user: Account, **_more: Any) -> None:
    _record(user, Action.SIGNED_IN, actors.account(user.pk))


def _signed_out(user: Account | None, **_more: Any) -> None:
    # A session that had ended already belongs to nobody.
    if user is not None:
        _record(user, Action.SIGNED_OUT, actors.account(user.pk))


def _reset(user: Account, **_more: Any) -> None:
    _record(user, Action.PASSWORD_RESET, actors.account(user.pk))


def _changed(user: Account, **_more: Any) -> None:
    _record(user, Action.PASSWORD_CHANGED, actors.account(user.pk))


def _code_refused(user: Account, **_more: Any) -> None:
    _record(user, Action.SIGN_IN_FAILED, actors.NOBODY, reason="second_factor")


def _factor_added(user: Account, authenticator: Any, **_more: Any) -> None:
    _record(user, Action.FACTOR_ADDED, actors.account(user.pk), factor=authenticator.type)


def _factor_removed(user: Account, authenticator: Any, **_more: Any) -> None:
    _record(user, Action.FACTOR_REMOVED, actors.account(user.pk), factor=authenticator.type)


def _refused(credentials: dict[str, Any], **_more: Any) -> None:
    """Record a refusal for the account that was meant; an unknown address is no organization's matter."""
    address = next((credentials[key] for key in ADDRESS_KEYS if credentials.get(key)), "")
    account = Account.objects.filter(email_key=str(address).strip().casefold()).first()
    if account is not None:
        _record(account, Action.SIGN_IN_FAILED, actors.NOBODY)


def _record(account: Account, action: Action, by: Actor, **told: str) -> None:
    organizations = Admin.objects.filter(account=account).values_list("organization_id", flat=True)
    now = timezone.now()
    with transaction.atomic():
        for organization_id in sorted(organizations):
            record(organization_id, action, {"account": account.pk, **told}, at=now, by=by)
