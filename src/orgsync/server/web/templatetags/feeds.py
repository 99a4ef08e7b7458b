"""How feeds and files are worded on pages."""

from typing import Final

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orgsync.core.model import RowPolicy

register = template.Library()

ROW_POLICY_WORDS: Final[dict[str, Promise]] = {
    RowPolicy.GOOD_ROWS: _("Good rows"),
    RowPolicy.ALL_OR_NOTHING: _("All or nothing"),
}
DELIMITER_WORDS: Final[dict[str, Promise]] = {
    ",": _("comma"),
    ";": _("semicolon"),
    "\t": _("tab"),
    "|": _("pipe"),
}


@register.filter
def rows_words(policy: str) -> str:
    return str(ROW_POLICY_WORDS.get(policy, policy))


@register.filter
def delimiter_words(delimiter: str) -> str:
    return str(DELIMITER_WORDS.get(delimiter, delimiter))
