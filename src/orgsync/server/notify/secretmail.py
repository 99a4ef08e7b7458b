"""Mails that hold a secret: no page shows their text, and it is gone from the outbox once they are sent."""

from typing import Final

INVITATION: Final = "invitation"
LEARNER_INVITATION: Final = "learner_invitation"
LEARNER_SIGN_IN: Final = "learner_sign_in"
LEARNER_SHARE: Final = "learner_share"
LEARNER_DIGEST: Final = "learner_digest"
"""A share and a digest name colleagues, and stop further ones by a link."""
PASSWORD_RESET: Final = "password_reset"  # nosec B105 # noqa: S105 - a kind's name
SECRET_KINDS: Final = frozenset(
    {INVITATION, LEARNER_INVITATION, LEARNER_SIGN_IN, LEARNER_SHARE, LEARNER_DIGEST, PASSWORD_RESET}
)
BLANKED: Final = "The text of this mail held a link for its recipient alone; it is not kept."
