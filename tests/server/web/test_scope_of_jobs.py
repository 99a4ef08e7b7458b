"""A sub-admin who is limited to groups sees and asks for changes of their own people only: in jobs, plans and edits."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from orgsync.core.edits import Edit
from orgsync.core.model import JobStatus
from orgsync.server.directory.models import Group, Learner
from orgsync.server.orgs.access import Right
from orgsync.server.orgs.models import Account, Admin, Organization
from orgsync.server.uploads.decisions import DecisionRefused, approve_job
from orgsync.server.uploads.editrights import EditRefused
from orgsync.server.uploads.edits import edit_people
from orgsync.server.uploads.models import UploadJob
from tests.job_world import make_job, make_token
from tests.server.web.scope_world import (  # noqa: F401  fixtures
    LIST,
    ana_and_bo,
    content,
    join,
    limited_admin,
    sales_group,
)
from tests.server.web.test_learners import add_learner

pytestmark = pytest.mark.django_db(transaction=True)

JOBS = "/admin/people/sync-history/"


def test_limited_admin_sees_of_jobs_only_their_own_and_their_peoples_lines(
    acme: Organization, sub: Callable[..., Client], people: dict[str, Learner], alice: Client
) -> None:
    """
    Somebody else's job is not there. Of their own they see the lines about their people, and no rows of files.
    """
    client = sub(Right.MANAGE_USERS_LICENSES)
    owner = Account.objects.get(email="alice@example.com")
    edits = [Edit(one.id, one.primary_email_address, {"work_title": "Boss"}) for one in people.values()]
    both = edit_people(acme, edits, owner)
    other = make_job(make_token(acme), JobStatus.DONE)

    assert both.status == JobStatus.HELD
    assert [job.public_id for job in client.get(JOBS).context["page"].jobs] == []
    for job in (both, other):
        for path in (f"{JOBS}{job.public_id}/", f"{JOBS}{job.public_id}/plan/", f"{JOBS}{job.public_id}/source.csv"):
            assert client.get(path).status_code == 404
    UploadJob.objects.filter(id=both.pk).update(requested_by=Account.objects.get(email="sub@example.com"))
    shown = content(client, f"{JOBS}{both.public_id}/plan/") + content(client, f"{JOBS}{both.public_id}/plan.csv")
    assert "ana.silva@example.com" in shown
    assert "bo.adams@example.com" not in shown
    assert content(client, f"{JOBS}{both.public_id}/")
    for what in ("source", "results", "failed-rows"):
        assert client.get(f"{JOBS}{both.public_id}/{what}.csv").status_code == 404
    assert "bo.adams@example.com" in content(alice, f"{JOBS}{both.public_id}/plan.csv")
    downloaded = content(client, f"{LIST}download/")
    assert "ana.silva@example.com" in downloaded
    assert "bo.adams@example.com" not in downloaded


def test_plan_names_no_manager_of_other_groups(
    acme: Organization, alice: Client, sub: Callable[..., Client], people: dict[str, Learner], sales: Group
) -> None:
    """
    Ana's old manager is in no group of the sub-admin, her new one is: plan, download and her page name the new one.
    """
    ana, bo = people.values()
    cy = add_learner(acme, 3, "Cy", "Cole")
    Organization.objects.filter(id=acme.pk).update(next_learner_id=4)
    join(cy, sales)
    Learner.objects.filter(organization_id=acme.pk, id=ana.id).update(manager_id=bo.id)
    client = sub(Right.MANAGE_USERS_LICENSES)
    by = Account.objects.get(email="sub@example.com")
    job = edit_people(acme, [Edit(ana.id, ana.primary_email_address, manager=cy.primary_email_address)], by)
    job_page = f"{JOBS}{job.public_id}/"
    told = f"{LIST}{ana.id}/?changed={job.public_id}"

    for way in (f"{job_page}plan/", f"{job_page}plan.csv", told):
        assert "bo.adams@example.com" in content(alice, way)
        shown = content(client, way)
        assert "cy.cole@example.com" in shown
        assert "adams" not in shown.casefold()
    assert "adams" not in content(client, job_page).casefold()
    UploadJob.objects.filter(id=job.pk).update(requested_by=None)
    assert "outcome-head" in content(alice, told)
    assert "outcome-head" not in content(client, told)


def test_edits_are_kept_to_the_right_and_to_its_people(
    acme: Organization, sub: Callable[..., Client], people: dict[str, Learner], sales: Group
) -> None:
    """
    The engine's border asks again: whatever page or call an edit comes from.
    """
    sub(Right.MANAGE_USERS_LICENSES)
    by = Account.objects.get(email="sub@example.com")
    ana, bo = people.values()

    def edit(learner: Learner, **what: Any) -> Edit:
        return Edit(learner.id, learner.primary_email_address, **what)

    done = edit_people(acme, [edit(ana, values={"work_title": "Boss"})], by)
    refused = [
        [edit(bo, values={"work_title": "Boss"})],
        [edit(ana, values={"work_title": "Chief"}), edit(bo, values={"work_title": "Chief"})],
        [edit(ana, joins=["Sales"])],
        [edit(ana, absorbs=bo.id)],
    ]

    assert done.status == JobStatus.DONE
    for edits in refused:
        with pytest.raises(EditRefused):
            edit_people(acme, edits, by)
    Admin.objects.filter(account=by).update(grants={"edit_groups": [sales.pk]})
    assert edit_people(acme, [edit(ana, leaves=["Sales"])], by).status == JobStatus.DONE
    join(ana, sales)
    with pytest.raises(EditRefused, match="groups"):
        edit_people(acme, [edit(ana, joins=["Secret"])], by)


def test_limited_admin_confirms_their_own_bulk_edit_and_decides_on_nothing_else(
    acme: Organization, sub: Callable[..., Client], people: dict[str, Learner], sales: Group
) -> None:
    """
    Whoever asked for several edits looks at their plan; a file's job is for those who decide for everybody.
    """
    client = sub(Right.MANAGE_USERS_LICENSES)
    by = Account.objects.get(email="sub@example.com")
    join(people["bo"], sales)
    own = edit_people(acme, [Edit(one.id, "", {"work_title": "Boss"}) for one in people.values()], by)
    held = make_job(make_token(acme), JobStatus.HELD, held_at=timezone.now(), requested_by=by)

    assert approve_job(own, by=by, now=timezone.now())
    with pytest.raises(DecisionRefused):
        approve_job(held, by=by, now=timezone.now())
    assert client.post(f"{JOBS}{held.public_id}/decide/", {"decision": "cancel"}).status_code == 403
