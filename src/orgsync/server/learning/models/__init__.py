"""The tables of learning."""

from orgsync.server.learning.models.activity import Activity, DaySum, Progress, Source, Verb
from orgsync.server.learning.models.assignments import (
    Assignment,
    AssignmentState,
    AudienceKind,
    DueKind,
    JobAssignment,
    LearnerAssignment,
    PastLearnerAssignment,
)
from orgsync.server.learning.models.content import Audience, Content, ContentKind, ContentPart
from orgsync.server.learning.models.signin import LearnerSession, SignInLink, SignInTry, TryKind, Way
from orgsync.server.learning.models.statements import Statement

__all__ = [
    "Activity",
    "Assignment",
    "AssignmentState",
    "Audience",
    "AudienceKind",
    "Content",
    "ContentKind",
    "ContentPart",
    "DaySum",
    "DueKind",
    "JobAssignment",
    "LearnerAssignment",
    "LearnerSession",
    "PastLearnerAssignment",
    "Progress",
    "SignInLink",
    "SignInTry",
    "Source",
    "Statement",
    "TryKind",
    "Verb",
    "Way",
]
