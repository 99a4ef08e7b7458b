"""Exceptions that carry facts. A held job and a bad row are values, not exceptions."""


class OrgSyncError(Exception):
    """Base of everything that orgsync raises on purpose; its text is fit for a person to read."""


class UnreadableFile(OrgSyncError):
    """The bytes are no CSV that can be used at all; nothing was applied."""

    def __init__(self, code: str, reason: str, hint: str) -> None:
        self.code = code
        self.reason = reason
        self.hint = hint
        super().__init__(f"{reason} {hint}".strip())
