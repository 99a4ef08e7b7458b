"""What an undo has removed is kept for as long as the undo can be undone."""

from datetime import timedelta

from orgsync.server.directory.integrity import find_faults
from orgsync.server.directory.models import LearnerChange, PastMembership, Removal
from orgsync.server.directory.removing import forget_removed
from tests.server.pipeline.pipeline_world import FIVE
from tests.server.undoing.test_undo import CHANGED
from tests.server.undoing.undo_world import Story


def test_removed_people_are_forgotten_when_the_undo_is_past_undoing(story: Story) -> None:
    """
    A person, a group and an attribute that an undo removed go for good after 30 days, history included.
    """
    story.send(FIVE)
    job = story.send(CHANGED)
    fy = story.person("fy@example.com").id
    story.undo(job)
    mine = story.world.mine

    forget_removed(story.now + timedelta(days=29))
    kept = Removal.objects.filter(**mine).count()
    forget_removed(story.now + timedelta(days=31))

    assert kept == 3
    assert not Removal.objects.filter(**mine).exists()
    assert not PastMembership.objects.filter(**mine, learner_id=fy).exists()
    assert LearnerChange.objects.filter(**mine).exists()
    assert find_faults(story.world.id) == {}
