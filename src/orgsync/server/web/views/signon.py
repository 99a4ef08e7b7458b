"""Signing in at an organization's own identity provider: find it, go there, come back."""

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from requests import RequestException

from orgsync.core.normalize import fold_key
from orgsync.server.orgs.models import SingleSignOn
from orgsync.server.signon.adapter import REFUSED
from orgsync.server.signon.configuring import sign_ons_on
from orgsync.server.signon.provider import OrganizationFlow

FAILED = "failed"
LEARNER = "learner"
"""In the query, as what somebody wants to come in; else as an admin."""


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """Offer the provider of the only organization that has one, or those of the domain of an address."""
    email = request.GET.get("email", "")
    onward = request.GET.get("next", "")
    found = list(sign_ons_on().order_by("organization__name", "id"))
    is_only = len(found) == 1
    offered = found if is_only else _of_domain(found, email)
    is_learner = request.GET.get("as") == LEARNER
    asked = {"next": onward, "as": LEARNER if is_learner else ""}
    asked = {name: value for name, value in asked.items() if value}
    query = f"?{urlencode(asked)}" if asked else ""
    values = {
        "is_learner": is_learner,
        "offered": offered,
        "email": email,
        "query": query,
        "next": onward,
        "is_only": is_only,
    }
    return render(request, "account/single_sign_on.html", values)


@never_cache
@require_safe
def begin(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Lead to the provider. A link does: a form's way to another site is closed by our policy, rightly."""
    try:
        answer: HttpResponse = _flow(request, provider_id).get_provider().redirect_from_request(request)
    except SocialApp.DoesNotExist as error:
        raise Http404 from error
    except (OAuth2Error, RequestException):
        return _failed(request)
    return answer


@never_cache
@require_safe
def come_back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Take the provider's answer: sign in, or say why not."""
    try:
        answer: HttpResponse = OAuth2CallbackView.adapter_view(_flow(request, provider_id))(request)
    except SocialApp.DoesNotExist as error:
        raise Http404 from error
    except (OAuth2Error, RequestException):
        return _failed(request)
    return answer


@require_safe
def cancelled(request: HttpRequest) -> HttpResponse:
    """Say that the person turned round at the provider."""
    return render(request, REFUSED, {"reason": "cancelled"})


def _flow(request: HttpRequest, provider_id: str) -> OrganizationFlow:
    get_adapter().get_app(request, provider=provider_id)  # raises where there is none, or it is switched off
    return OrganizationFlow(request, provider_id)


def _failed(request: HttpRequest) -> HttpResponse:
    return render(request, REFUSED, {"reason": FAILED}, status=502)


def _of_domain(found: list[SingleSignOn], email: str) -> list[SingleSignOn]:
    domain = fold_key(email.strip()).rpartition("@")[2]
    return [one for one in found if domain and domain in one.domains]
