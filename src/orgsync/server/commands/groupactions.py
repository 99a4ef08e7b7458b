"""What the commands on groups and their rules do, once Django is set up."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils import timezone

from orgsync.core.grouprules.conditions import Condition
from orgsync.server.directory.rulegroups import GroupLine, Why, list_groups, rule_of, why_member
from orgsync.server.directory.rulepreview import RulePreview
from orgsync.server.orgs.models import Account, Organization
from orgsync.server.uploads.ruleedits import delete_rule_group, preview_rule, save_rule


@dataclass(frozen=True, slots=True)
class GroupActions:
    """The commands on groups of one organization; `account_of` finds who acts (None: the first owner)."""

    organization: Organization
    account_of: Callable[[str | None], Account]

    def all(self) -> list[GroupLine]:
        return list_groups(self.organization.pk)

    def rule_of(self, name: str) -> str | None:
        return rule_of(self.organization.pk, name)

    def save_rule(self, name: str, condition: Condition, by: str | None) -> int:
        """Queue the job that gives a group a rule; return its public id."""
        account = self.account_of(by)
        return save_rule(self.organization, name, condition, by=account, now=timezone.now()).public_id

    def preview_rule(self, name: str, condition: Condition) -> RulePreview:
        return preview_rule(self.organization, name, condition)

    def why_member(self, person: str, group: str) -> Why:
        return why_member(self.organization.pk, person, group)

    def delete(self, name: str, by: str | None) -> int:
        """Queue the job that ends a rule group; return its public id."""
        return delete_rule_group(self.organization, name, by=self.account_of(by), now=timezone.now()).public_id
