"""One learner, changed in the page: the engine does it at once, and the page says what changed or why not."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from orgsync.core.model import JobStatus
from orgsync.core.plan import ChangeKind
from orgsync.server.directory.models import Learner, LicenseAssignment, Membership, Override
from orgsync.server.orgs.models import Role
from orgsync.server.uploads.models import JobKind, UploadJob
from orgsync.server.web.views.account import BACKEND
from tests.server.pipeline.conftest import db, make, world  # noqa: F401  the pipeline's own fixtures
from tests.server.pipeline.pipeline_world import World
from tests.server.web.conftest import signed_in

PEOPLE = """
    primary_email_address,unique_user_id,preferred_first_name,work_title,department_name,groups,license_english_status
    ana@example.com,E1,Ana,Cook,Kitchen,Cooks,active
    bo@example.com,E2,Bo,Porter,Kitchen,,
"""


class Page:
    """The page of one learner, as an admin sees it."""

    def __init__(self, world: World, email: str, client: Client) -> None:  # noqa: F811
        self.world, self.client = world, client
        self.id = Learner.objects.get(**world.mine, primary_email_address=email).id
        self.path = f"/admin/people/learners/{self.id}/"

    @property
    def learner(self) -> Learner:
        return Learner.objects.get(**self.world.mine, id=self.id)

    def press(self, do: str, **more: str) -> str:
        """Press a button and return the page that comes then."""
        return self._text(self.client.post(f"{self.path}change/", {"do": do, **more}, follow=True))

    def form(self) -> dict[str, Any]:
        """Return the form of values as it stands."""
        form = self.client.get(f"{self.path}edit/").context["form"]
        return {field.name: field.value() for field in form if field.value() not in {None, False}}

    def save(self, **values: Any) -> str:
        given = {name: value for name, value in {**self.form(), **values}.items() if value is not None}
        return self._text(self.client.post(f"{self.path}edit/", given, follow=True))

    def _text(self, response: Any) -> str:
        assert response.status_code == 200
        return str(response.content.decode())


@pytest.fixture
def client(world: World) -> Client:  # noqa: F811
    signed = Client()
    signed.force_login(world.owner, backend=BACKEND)
    return signed


@pytest.fixture
def ana(world: World, client: Client) -> Page:  # noqa: F811
    world.send(PEOPLE)
    return Page(world, "ana@example.com", client)


def test_values_are_edited_and_kept_from_files(ana: Page) -> None:
    """
    What changed is told; the next file leaves alone what the switch keeps, and changes the rest back.
    """
    page = ana.save(work_title="Chef", department_name="", **{"keep-work_title": "on"}, manager="E2")

    assert '<span class="before">Cook</span>' in page
    assert '<span class="after">Chef</span>' in page
    assert "by hand, " in page
    assert (ana.learner.work_title, ana.learner.department_name) == ("Chef", None)
    assert ana.learner.manager_id is not None
    assert re.search(r'aria-checked="true"[^>]*Work title', page)
    ana.world.send(PEOPLE)
    assert (ana.learner.work_title, ana.learner.department_name) == ("Chef", "Kitchen")

    page = ana.press("lift:work_title")

    assert "Local overrides lifted" in page
    assert not Override.objects.filter(**ana.world.mine).exists()
    assert "Nothing was changed" in ana.save()


def test_refused_edit_says_why_beside_the_field(ana: Page) -> None:
    """
    Nothing of it is applied, nobody gets a mail, and the form keeps what was typed.
    """
    before = ana.world.mails

    page = ana.save(primary_email_address="bo@example.com", work_title="Chef")

    assert 'class="errorlist" id="id_primary_email_address_error"' in page or "errorlist" in page
    assert 'value="Chef"' in page
    assert ana.learner.work_title == "Cook"
    assert "Nobody in the directory" in ana.save(manager="nobody@example.com")
    assert ana.world.mails == before


def test_buttons_change_one_thing(ana: Page) -> None:
    """
    Groups, licenses, protection, leaving and coming back.
    """
    assert "Groups left" in ana.press(f"leave:{Membership.objects.get(**ana.world.mine, learner_id=ana.id).group_id}")
    kept_out = Override.objects.get(**ana.world.mine).target
    assert "kept out" in ana.press("nonsense")
    assert "Local overrides lifted" in ana.press(f"lift:{kept_out}")
    assert "Groups joined" in ana.press("join", group="cooks")
    pool = LicenseAssignment.objects.get(**ana.world.mine, learner_id=ana.id).pool_id
    assert "Revoked by hand" in ana.press(f"revoke:{pool}")
    assert "Local overrides lifted" in ana.press(f"lift:license:{pool}")
    assert "Licenses granted" in ana.press(f"grant:{pool}")
    assert "Protected" in ana.press("protect")
    assert ana.learner.is_protected
    ana.press("unprotect")
    assert "Bring back" in ana.press("deactivate")
    assert not ana.learner.is_active
    assert "Let leave" in ana.press("reactivate")
    assert ana.learner.is_active
    for word in ("join", "leave:99", "grant:x", "keep:email_key", "lift:license:x", ""):
        jobs = UploadJob.objects.filter(**ana.world.mine).count()
        assert 'class="notice bad ' in ana.press(word)
        assert UploadJob.objects.filter(**ana.world.mine).count() == jobs


def test_one_change_is_undone_after_a_look(ana: Page) -> None:
    """
    The look is a job that changes nothing; the word on it is the undo of just that, for just this person.
    """
    ana.save(work_title="Chef")
    edit = UploadJob.objects.filter(**ana.world.mine, kind=JobKind.EDIT).latest("id")
    decide = f"/admin/people/sync-history/{edit.public_id}/decide/"

    ana.client.post(decide, {"decision": "try_undo", "chosen": str(ana.id)})
    look = ana.world.run(UploadJob.objects.filter(**ana.world.mine).latest("id"))
    page = ana.client.get(f"/admin/people/sync-history/{look.public_id}/").content.decode()

    assert (look.status, look.is_dry_run, look.chosen) == (JobStatus.DONE, True, [ana.id])
    assert ana.learner.work_title == "Chef"
    assert "Undo it now" in page

    ana.client.post(f"/admin/people/sync-history/{look.public_id}/decide/", {"decision": "undo"})
    ana.world.run(UploadJob.objects.filter(**ana.world.mine).latest("id"))

    assert ana.learner.work_title == "Cook"
    page = ana.client.get(f"/admin/people/sync-history/{edit.public_id}/").content.decode()
    assert "This job was undone for some people." in page


def test_job_is_undone_for_people_chosen_in_its_plan(ana: Page) -> None:
    """
    Those ticked, or all whom the filter finds; also people whom the job itself has created.
    """
    job = UploadJob.objects.get(**ana.world.mine)
    UploadJob.objects.filter(**ana.world.mine).update(finished_at=timezone.now())
    path = f"/admin/people/sync-history/{job.public_id}/"
    lines = ana.client.get(f"{path}plan/").context["page"].lines
    bo = next(line for line in lines if line.email == "bo@example.com" and line.kind == ChangeKind.CREATED)

    def chosen(query: str = "", **given: Any) -> list[int]:
        answer = ana.client.post(f"{path}undo/{query}", given)
        look = UploadJob.objects.filter(**ana.world.mine).latest("id")
        assert answer["Location"] == (
            f"/admin/people/sync-history/{look.public_id}/" if look != job else f"{path}plan/?"
        )
        return list(look.chosen)

    assert f'name="line" value="{bo.position}"' in ana.client.get(f"{path}plan/").content.decode()
    assert chosen(whom="ticked") == []
    assert chosen(whom="ticked", line=[str(bo.position)]) == [2]
    assert chosen(f"?kind={ChangeKind.GROUP_JOINED}", whom="all") == [1]


def test_timeline_is_filtered_and_groups_are_explained(ana: Page) -> None:
    """
    By the address alone.
    """
    ana.press("join", group="Cooks")

    groups = ana.client.get(ana.path, {"about": "groups"}).content.decode()
    group = Membership.objects.get(**ana.world.mine, learner_id=ana.id).group_id
    why = ana.client.get(ana.path, {"why": group}).content.decode()

    timeline = groups[groups.index('id="timeline"') :]
    assert "Joined the group" in timeline
    assert "Created" not in timeline[: timeline.index("</section>")]
    assert "Reasons: file, hand" in why


def test_somebody_is_added_by_hand(ana: Page) -> None:
    """
    As a row of a file of one's own; an address that is taken, or is none, is refused in the form.
    """
    path = "/admin/people/learners/add/"
    given = {"primary_email_address": "cy@example.com", "preferred_first_name": "=Cy", "manager": "E1"}

    page = ana.client.post(path, given, follow=True).content.decode()
    again = ana.client.post(path, given).content.decode()
    bad = ana.client.post(path, {"primary_email_address": "nobody"}).content.decode()

    made = Learner.objects.get(**ana.world.mine, primary_email_address="cy@example.com")
    assert (made.preferred_first_name, made.manager_id) == ("=Cy", ana.id)
    assert "Uploads by hand" in page
    assert "has this address already" in again
    assert "errorlist" in bad
    assert Learner.objects.filter(**ana.world.mine).count() == 3


def test_who_may_not_edit_sees_no_button(ana: Page) -> None:
    """
    And a request made by hand is refused.
    """
    reader = signed_in(ana.world.organization, "edit.reader@example.com", Role.READ_ONLY)

    page = reader.get(ana.path).content.decode()

    assert "Let leave" not in page
    assert 'role="switch"' not in page
    assert reader.post(f"{ana.path}change/", {"do": "protect"}).status_code == 403
    assert reader.get(f"{ana.path}edit/").status_code == 403
