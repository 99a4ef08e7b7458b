"""Passwords that say only what everybody knows of us."""

import re
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from orgsync.server.orgs.models import Admin

WORDS: Final = ("orgsync", "learning", "linkedin", "password", "passwort", "welcome", "willkommen", "admin", "learner")
"""Words of the product and of what it is for; an account's own address and organizations come on top."""
LEAST_LEFT: Final = 8
_SHORTEST_WORD: Final = 4
_SPELLINGS: Final = str.maketrans({"0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s"})


class OwnWords:
    """Refuses a password in which too little is left without the words of product, address and organization."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError for such a password."""
        plain = left = password.casefold()
        for word in sorted(words_of(user), key=len, reverse=True):
            left = re.sub(re.escape(word), "", left)
            plain = re.sub(re.escape(word.translate(_SPELLINGS)), "", plain.translate(_SPELLINGS))
        if min(len(left), len(plain)) < LEAST_LEFT:
            raise ValidationError(self.get_help_text(), code="password_of_own_words")

    def get_help_text(self) -> str:
        """Return what is wished."""
        return _("Beside words such as orgsync, your address or your organization's name, it needs 8 more characters.")


def words_of(user: Any) -> set[str]:
    """Return the words that count for nothing in somebody's password, folded."""
    known = set(WORDS)
    if user is not None and user.pk is not None:
        # Global by design: whichever organizations the account belongs to.
        roles = Admin.objects.filter(account_id=user.pk).values_list("organization__name", flat=True)
        texts = [user.email_key, *roles]
        known |= {word for text in texts for word in re.split(r"[\W_]+", text.casefold())}
    return {word for word in known if len(word) >= _SHORTEST_WORD}
