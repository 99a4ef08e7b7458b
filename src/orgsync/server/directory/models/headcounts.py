"""What was counted of a directory while nobody waited for it."""

from django.db import models


class Headcount(models.Model):
    """Counts over a whole directory at one revision, as `directory.everybody` makes them for a feed.

    They hold nothing about a person, and are worth nothing at any other revision: then they are counted anew.
    """

    organization_id = models.BigIntegerField()
    feed_id = models.BigIntegerField()
    revision = models.BigIntegerField()
    names = models.JSONField(default=list)
    """Attributes of which it was counted how many people have one."""
    people = models.BinaryField()
    """This and the two others: a frame as Parquet."""
    licenses = models.BinaryField()
    memberships = models.BinaryField()

    pk = models.CompositePrimaryKey("organization_id", "feed_id")

    def __str__(self) -> str:
        return f"headcount of organization {self.organization_id} for feed {self.feed_id}"
