"""Learners, their groups and licenses, and the feeds that claim them.

Tables that a load fills have keys that start with (organization, learner), no surrogate id and no foreign key in
the database: a set-based check in the same transaction takes its place (`directory/integrity.py`).
"""

from orgsync.server.directory.models.feeds import Claim, Feed, PastClaim
from orgsync.server.directory.models.groups import Group, Membership, PastMembership, Reason
from orgsync.server.directory.models.headcounts import Headcount
from orgsync.server.directory.models.learners import (
    CustomAttribute,
    Erasure,
    Learner,
    LearnerChange,
    NotDuplicate,
    Override,
    PermissionGrant,
    Tombstone,
)
from orgsync.server.directory.models.licenses import (
    LearnerInvitation,
    LicenseAssignment,
    LicenseState,
    PastLicense,
    Pool,
)
from orgsync.server.directory.models.removals import Removal, RemovalKind

__all__ = [
    "Claim",
    "CustomAttribute",
    "Erasure",
    "Feed",
    "Group",
    "Headcount",
    "Learner",
    "LearnerChange",
    "LearnerInvitation",
    "LicenseAssignment",
    "LicenseState",
    "Membership",
    "NotDuplicate",
    "Override",
    "PastClaim",
    "PastLicense",
    "PastMembership",
    "PermissionGrant",
    "Pool",
    "Reason",
    "Removal",
    "RemovalKind",
    "Tombstone",
]
