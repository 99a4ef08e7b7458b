"""The tables of learning."""

from orgsync.server.learning.models.activity import Activity, DaySum, MonthSum, Progress, Source, Verb
from orgsync.server.learning.models.assignments import (
    Assignment,
    AssignmentState,
    AudienceKind,
    DueKind,
    JobAssignment,
    LearnerAssignment,
    PastLearnerAssignment,
)
from orgsync.server.learning.models.colleagues import Digest, Follow, Hearing, LearnerChoices, Share, SharedWith
from orgsync.server.learning.models.content import Audience, Content, ContentImport, ContentKind, ContentPart
from orgsync.server.learning.models.recommending import Affinity, RecommendationRule
from orgsync.server.learning.models.signin import LearnerSession, SignInLink, SignInTry, TryKind, Way
from orgsync.server.learning.models.statements import ActivityImport, Attachment, Document, Statement

__all__ = [
    "Activity",
    "ActivityImport",
    "Affinity",
    "Assignment",
    "AssignmentState",
    "Attachment",
    "Audience",
    "AudienceKind",
    "Content",
    "ContentImport",
    "ContentKind",
    "ContentPart",
    "DaySum",
    "Digest",
    "Document",
    "DueKind",
    "Follow",
    "Hearing",
    "JobAssignment",
    "LearnerAssignment",
    "LearnerChoices",
    "LearnerSession",
    "MonthSum",
    "PastLearnerAssignment",
    "Progress",
    "RecommendationRule",
    "Share",
    "SharedWith",
    "SignInLink",
    "SignInTry",
    "Source",
    "Statement",
    "TryKind",
    "Verb",
    "Way",
]
