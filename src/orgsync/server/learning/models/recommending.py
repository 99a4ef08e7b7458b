"""What is recommended to whom: by rules that an admin writes, and by what colleagues do more than others."""

from typing import ClassVar

from django.db import models

from orgsync.server.orgs.models import Account, Organization


class RecommendationRule(models.Model):
    """Content, or everything that teaches a skill, for people with a value of an attribute."""

    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False)
    attribute = models.TextField()
    """Name of a learner's attribute, custom ones with their prefix."""
    value = models.TextField()
    """As written."""
    value_key = models.TextField(db_collation="C")
    """The folded value, by which people are found."""
    content_id = models.BigIntegerField(null=True, blank=True)
    skill = models.TextField(default="", blank=True)
    """Instead of content: a skill, as written."""
    why = models.TextField(default="", blank=True)
    """What people are told; empty: a sentence of ours."""
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(Account, models.SET_NULL, null=True, db_index=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "attribute", "value_key", "content_id", "skill"],
                name="recommendation_rule_once",
                nulls_distinct=False,
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization", "attribute", "value_key"], name="recommendation_rule_by_value")
        ]

    def __str__(self) -> str:
        return f"recommendation rule {self.pk}"


class Affinity(models.Model):
    """How much more people with one value of an attribute complete or like content than others do.

    Aggregates only: nothing is stored of fewer people than the floor, and nothing of anybody in particular.
    """

    organization_id = models.BigIntegerField()
    dimension = models.TextField()
    """`department_name`, `work_title`, or `manager`."""
    value = models.TextField(db_collation="C")
    """The folded value; of a manager the learner's id."""
    content_id = models.BigIntegerField()
    score = models.FloatField()
    """By how much a larger share of these people did it than of all others; adds up across dimensions."""
    people = models.PositiveIntegerField()
    """How many with this value completed or liked it."""
    all_people = models.PositiveIntegerField()
    """How many active people have this value."""
    other_people = models.PositiveIntegerField(default=0)
    """How many of all others completed or liked it."""
    other_all_people = models.PositiveIntegerField(default=0)
    """How many active people have another value, or none."""
    lift = models.FloatField()
    """How many times the share of everybody else, smoothed."""

    pk = models.CompositePrimaryKey("organization_id", "dimension", "value", "content_id")
