"""The tables of learning."""

from orgsync.server.learning.models.activity import Activity, Progress, Source, Verb
from orgsync.server.learning.models.content import Audience, Content, ContentKind, ContentPart

__all__ = ["Activity", "Audience", "Content", "ContentKind", "ContentPart", "Progress", "Source", "Verb"]
