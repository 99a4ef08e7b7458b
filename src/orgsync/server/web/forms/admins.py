"""Admins and roles: whom to list, whom to invite, and what an admin may do."""

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from orgsync.server.admins.listing import AdminFilter
from orgsync.server.directory.scope import groups_within
from orgsync.server.orgs.access import EVERYBODY, Grants, People, grants_of, may_manage
from orgsync.server.orgs.models import Admin, Role
from orgsync.server.orgs.rights import RIGHTS, Right
from orgsync.server.web.forms.groups import PlaceForm
from orgsync.server.web.forms.plain import PlainForm

ROLE_WORDS: Final = {
    Role.OWNER: _("Owner"),
    Role.ADMIN: _("Admin"),
    Role.SUB_ADMIN: _("Sub-admin"),
    Role.READ_ONLY: _("Read-only"),
}
ROLE_HELP: Final = {
    Role.OWNER: _("everything; decides on admins, and erases people"),
    Role.ADMIN: _("everything but that: admins, single sign-on and erasing are the owners'"),
    Role.SUB_ADMIN: _("the rights chosen below, for everybody or for the people of some groups"),
    Role.READ_ONLY: _("sees everything, changes nothing"),
}
STANDINGS: Final = [("", _("In use")), ("deactivated", _("Deactivated")), ("all", _("All"))]
MOST_GROUPS: Final = 500


class AdminListForm(PlaceForm):
    """Which admins to list; a value that does not exist does not narrow."""

    q = forms.CharField(
        label=_("Address contains"),
        required=False,
        max_length=254,
        widget=forms.TextInput({"type": "search", "autocomplete": "off"}),
    )
    role = forms.ChoiceField(label=_("Role"), required=False, choices=[("", _("All")), *ROLE_WORDS.items()])
    show = forms.ChoiceField(label=_("Show"), required=False, choices=STANDINGS)

    def chosen(self) -> AdminFilter:
        self.full_clean()
        return AdminFilter(*((self.cleaned_data.get(name) or "").strip() for name in ("q", "role", "show")))


class RoleForm(PlainForm):
    """A role, and for a sub-admin the rights, each for everybody or for some groups. Only what `by` may give."""

    role = forms.ChoiceField(label=_("Role"), widget=forms.RadioSelect)
    rights = forms.MultipleChoiceField(label=_("Rights"), required=False, widget=forms.CheckboxSelectMultiple)
    groups = forms.MultipleChoiceField(
        label=_("Limit to groups"),
        required=False,
        widget=forms.SelectMultiple({"size": 8}),
        help_text=_(
            "Without a choice the rights are for everybody. With one, those that can be limited count only for the "
            "people of these groups: nobody else is shown, in pages, downloads and jobs."
        ),
    )

    def __init__(self, data: Any, by: Admin, target: Admin | None = None) -> None:
        grants = {} if target is None else grants_of(target)
        limits = sorted({group for groups in grants.values() for group in groups or ()})
        chosen = Role(target.role) if target else Role.SUB_ADMIN
        initial = {"role": chosen.value, "rights": [right.value for right in grants], "groups": limits}
        super().__init__(data, initial=initial)
        self.by = by
        own = grants_of(by)
        groups = list(groups_within(by.organization_id, _reach(by)).order_by("name_key")[:MOST_GROUPS])
        roles = [(role.value, f"{ROLE_WORDS[role]}: {ROLE_HELP[role]}") for role in Role if may_manage(by, role, {})]
        rights = [right for right in Right if by.role != Role.SUB_ADMIN or right in own]
        self._offer("role", roles)
        self._offer("rights", [(right.value, _worded(right)) for right in rights])
        self._offer("groups", [(str(group.pk), group.name) for group in groups])

    def _offer(self, name: str, choices: Sequence[tuple[str, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    @property
    def given_role(self) -> Role:
        return Role(self.cleaned_data["role"])

    def grants(self) -> Grants:
        """Return the rights with their limits; the form must be valid."""
        if self.given_role is not Role.SUB_ADMIN:
            return {}
        groups = frozenset(int(group) for group in self.cleaned_data["groups"]) or None
        rights = [Right(name) for name in self.cleaned_data["rights"]]
        return {right: groups if RIGHTS[right].is_limitable else None for right in rights}


class InviteForm(RoleForm):
    """Whom to invite, as what."""

    email = forms.EmailField(label=_("E-mail address"), max_length=254)

    field_order = ("email", "role", "rights", "groups")


class PasswordForm(PlainForm):
    """The password of a new account."""

    password = forms.CharField(
        label=_("Password"),
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=_("At least 12 characters."),
    )


def _reach(by: Admin) -> People:
    """Return the people to whom an admin may limit others: a limited sub-admin their own groups only."""
    limits = [limit for right, limit in grants_of(by).items() if RIGHTS[right].is_limitable]
    if by.role != Role.SUB_ADMIN or None in limits:
        return EVERYBODY
    return People(frozenset[int]().union(*(limit for limit in limits if limit is not None)))


def _worded(right: Right) -> str:
    kind = RIGHTS[right]
    return f"{kind.label}: {kind.help}" + ("" if kind.is_limitable else " " + str(_("(for everybody)")))
