"""Names that somebody writes into a field, one a line."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from orgsync.core.normalize import fold_key
from orgsync.server.directory.models import Group


def names_in(text: str) -> list[str]:
    """Return what stands on the lines, each once."""
    return list(dict.fromkeys(word.strip() for word in text.splitlines() if word.strip()))


def check_known(unknown: Sequence[str], told: Any) -> None:
    """Raise a ValidationError that names the first of the unknown as `what`, if there is any."""
    if unknown:
        raise forms.ValidationError(told, params={"what": unknown[0]})


def groups_named(among: QuerySet[Group], text: str) -> list[Group]:
    """Return the groups whose names stand on the lines, whatever their case; raise ValidationError for any other."""
    words = names_in(text)
    known = {group.name_key: group for group in among.filter(name_key__in=[fold_key(word) for word in words])}
    check_known([word for word in words if fold_key(word) not in known], _("There is no group %(what)s."))
    return list({known[fold_key(word)].pk: known[fold_key(word)] for word in words}.values())
