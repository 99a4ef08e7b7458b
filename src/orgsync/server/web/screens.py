"""What every page of the Account Center starts with: who asks, for which organization, and whether they may."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Concatenate, Final, ParamSpec

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from orgsync.server.audit import actors
from orgsync.server.orgs.access import NOBODY, People, Permission, people_for, roles_of
from orgsync.server.orgs.models import Admin, Organization
from orgsync.server.signon.sessions import organizations_open
from orgsync.server.web.zones import zone_of

CHOSEN_ORGANIZATION: Final = "organization_id"
P = ParamSpec("P")


class AdminRequest(HttpRequest):
    """A request whose sender is an admin of `organization`."""

    admin: Admin
    organization: Organization
    people: People
    """Over whom the sender has the page's permission: every list and every look-up of people keeps to them."""


View = Callable[Concatenate[AdminRequest, P], HttpResponseBase]


def screen(
    permission: Permission | None = None, *, for_all: bool = False
) -> Callable[[View[P]], Callable[..., HttpResponseBase]]:
    """
    Let a view be called by admins who have the permission, with `request.admin` and `request.organization`.

    `request.people` are those over whom they have it (without a permission: whom they may see); with `for_all` that
    has to be everybody. Times are in the reader's zone. Who is not signed in is asked to; who belongs to several
    organizations and has not chosen is asked which; who may not gets 403.
    """

    def decorate(view: View[P]) -> Callable[..., HttpResponseBase]:
        @functools.wraps(view)
        @login_required
        def answer(request: AdminRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            admin = chosen_role(request)
            if admin is None:
                return redirect("web:organizations")
            if admin.organization.requires_second_factor and not is_mfa_enabled(request.user):
                messages.warning(request, _("Set up a second factor first: your organization asks for one."))
                return redirect("mfa_index")
            people = people_for(admin, permission or Permission.SEE_PEOPLE)
            if permission is not None and (people is None or (for_all and not people.is_everybody)):
                raise PermissionDenied
            request.admin, request.organization, request.people = admin, admin.organization, people or NOBODY
            with written_for(request, admin.organization), actors.acting(actors.account(admin.account_id)):
                return view(request, *args, **kwargs)

        return answer

    return decorate


@contextmanager
def written_for(request: HttpRequest, organization: Organization) -> Iterator[None]:
    """Write dates in the reader's zone, and dates and numbers as the organization or the reader's browser asks."""
    language = organization.language or translation.get_language()
    with timezone.override(zone_of(request, organization)), translation.override(language):
        yield


def chosen_role(request: HttpRequest) -> Admin | None:
    """Return the sender's role in the organization they chose, or in their only one."""
    roles = roles_here(request)
    chosen = request.session.get(CHOSEN_ORGANIZATION)
    if len(roles) == 1:
        return roles[0]
    return next((role for role in roles if role.organization_id == chosen), None)


def roles_here(request: HttpRequest) -> list[Admin]:
    """Return the roles that are open to this session: one that came by single sign-on opens that organization alone."""
    roles = roles_of(request.user)  # type: ignore[arg-type]  # login_required has seen to it
    only = organizations_open(request)
    return roles if only is None else [role for role in roles if role.organization_id in only]
