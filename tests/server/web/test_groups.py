"""People › Groups as an admin uses it: the list, a group's people and why, edits, and the editor of rules."""

import re
from typing import Any

import pytest
from django.test import Client

from orgsync.core.model import JobStatus, Mode
from orgsync.server.directory.models import Group, Membership
from orgsync.server.directory.queries_groups import GroupFilter, GroupOrder, page_of_groups
from orgsync.server.orgs.models import Account, Role
from orgsync.server.uploads.models import UploadJob
from orgsync.server.web.views.account import BACKEND
from tests.server.pipeline.pipeline_world import MONDAY, World, make_world

STAFF = """
    primary_email_address,unique_user_id,preferred_first_name,preferred_last_name,department_name,groups
    ana@example.com,E1,Ana,Alves,Sales,"Cooks, ""Food, Drinks"" "
    bo@example.com,E2,Bo,Berg,Sales,Cooks
    cy@example.com,E3,Cy,Cruz,Ops,
"""
ROWS = {"mode": "rows", "box": "0", "what": "department_name", "how": "is", "value": "sales"}


@pytest.fixture
def world(transactional_db: None) -> World:
    world = make_world()
    world.send(STAFF)
    return world


@pytest.fixture
def owner(world: World) -> Client:
    client = Client()
    client.force_login(world.owner, backend=BACKEND)
    return client


def group_named(world: World, name: str) -> Group:
    return Group.objects.get(**world.mine, name=name)


def text_of(client: Client, path: str, **query: Any) -> str:
    return client.get(path, query).content.decode()


def newest(world: World) -> UploadJob:
    return world.stored(UploadJob.objects.filter(**world.mine).latest("id"))


def members(world: World, name: str) -> dict[str, str]:
    found: dict[str, str] = world.state.get("groups", {}).get(name, {})
    return {email.split("@")[0]: why for email, why in found.items()}


def test_list_is_searched_sorted_filtered_and_sent(world: World, owner: Client) -> None:
    """Part of a name, what fills a group, the largest first; the file has exact numbers."""
    made = owner.post("/admin/people/groups/", {"name": "Waiters"})
    assert made["Location"] == f"/admin/people/groups/{group_named(world, 'Waiters').pk}/"

    def shown(**query: str) -> list[str]:
        page = owner.get("/admin/people/groups/", query).context["page"]
        return [group.name for group in page.groups]

    assert shown() == ["Cooks", "Food, Drinks", "Waiters"]
    assert shown(sort="-members") == ["Cooks", "Food, Drinks", "Waiters"]
    assert shown(sort="-name") == ["Waiters", "Food, Drinks", "Cooks"]
    assert shown(q="O") == ["Cooks", "Food, Drinks"]
    assert (shown(kind="file"), shown(kind="empty")) == (["Cooks", "Food, Drinks"], ["Waiters"])
    assert "No group fits" in text_of(owner, "/admin/people/groups/", q="zzz")
    assert "There is a group Cooks already" in owner.post("/admin/people/groups/", {"name": "cooks"}).content.decode()
    lines = b"".join(owner.get("/admin/people/groups/download/").streaming_content).decode().splitlines()
    told = [line.rsplit(",", 1)[0] for line in lines[1:]]
    assert told == ["Cooks,False,2,file", '"Food, Drinks",False,1,file', "Waiters,False,0,"]


@pytest.mark.parametrize("key", ["name", "members", "new"])
def test_pages_follow_each_other_both_ways(world: World, key: str) -> None:
    """Whatever the order: each group once, and back to where one came from."""
    for number in range(5):
        Group.objects.create(
            organization=world.organization, name=f"G{number}", name_key=f"g{number}", created_at=MONDAY
        )
    order = GroupOrder(key, is_descending=True)

    first = page_of_groups(world.id, GroupFilter(), order, size=3)
    second = page_of_groups(world.id, GroupFilter(), order, after=first.after, size=3)
    third = page_of_groups(world.id, GroupFilter(), order, after=second.after, size=3)
    back = page_of_groups(world.id, GroupFilter(), order, before=second.before, size=3)

    ids = [group.id for page in (first, second, third) for group in page.groups]
    assert (first.count, len(set(ids)), third.after) == (7, 7, None)
    assert back == first


def test_people_are_added_and_taken_out_through_the_engine(world: World, owner: Client) -> None:
    """One at once; several after a look at the plan; who is not known is named before anything happens."""
    cooks = group_named(world, "Cooks")
    path = f"/admin/people/groups/{cooks.pk}/people/"

    unknown = owner.post(path, {"do": "join", "people": "cy@example.com; zoe@example.com"})
    assert "zoe@example.com" in unknown.content.decode()
    assert members(world, "Cooks") == {"ana": "file", "bo": "file"}

    owner.post(path, {"do": "join", "people": "cy@example.com; zoe@example.com", "anyway": "on"})
    assert members(world, "Cooks") == {"ana": "file", "bo": "file", "cy": "hand"}

    held = owner.post(path, {"do": "leave", "who": ["1", "2"]})
    job = newest(world)
    assert held["Location"] == f"/admin/people/sync-history/{job.public_id}/"
    assert (job.status, members(world, "Cooks")) == (JobStatus.HELD, {"ana": "file", "bo": "file", "cy": "hand"})
    world.run(world.approve(job))
    assert members(world, "Cooks") == {"cy": "hand"}

    page = text_of(owner, f"/admin/people/groups/{cooks.pk}/")
    assert "by hand" in page
    assert "Cy Cruz" in page
    lines = b"".join(owner.get(f"/admin/people/groups/{cooks.pk}/download/").streaming_content).decode().splitlines()
    assert lines[1].startswith("cy@example.com,E3,Cy,Cruz,active,hand,")


def test_rule_is_written_previewed_and_saved_with_its_plan(world: World, owner: Client) -> None:
    """The number of people and some of them while one writes; a plan that moves anybody waits for a word."""
    new = "/admin/people/groups/new/"
    shown = owner.post(new, {**ROWS, "name": "Sellers", "do": "preview"})
    assert (shown.context["preview"].count, shown.context["preview"].joining) == (2, 2)
    assert "Ana Alves" in shown.content.decode()
    assert not Group.objects.filter(**world.mine, name="Sellers").exists()

    owner.post(new, {**ROWS, "name": "Sellers", "do": "save"})
    job = world.run(newest(world))
    assert (job.status, job.asks_first) == (JobStatus.HELD, True)
    world.run(world.approve(job))
    assert members(world, "Sellers") == {"ana": "rule", "bo": "rule"}

    taken = owner.post(new, {**ROWS, "name": "sellers", "do": "save"}).content.decode()
    assert "There is a group Sellers already" in taken
    sellers = group_named(world, "Sellers")
    page = text_of(owner, f"/admin/people/groups/{sellers.pk}/rule/")
    assert 'value="sales"' in page


def test_editor_adds_drops_and_changes_rows_without_a_script(world: World, owner: Client) -> None:
    """Each button is a form; what does not fit the attribute becomes what does; a fault is said at its row."""
    new = "/admin/people/groups/new/"
    both = {"mode": "rows", "box": ["0", "0"], "what": ["department_name", "start_date"], "how": ["is", "before"]}
    values = {**both, "value": ["Sales", "yesterday"], "name": "X"}

    def boxes(**more: Any) -> list[list[tuple[str, str, str]]]:
        form = owner.post(new, {**values, **more}).context["form"]
        return [[(row.what, row.how, row.value) for row in box] for box in form.boxes]

    sales, start = ("department_name", "is", "Sales"), ("start_date", "before", "yesterday")
    fresh = ("department_name", "is", "")
    assert boxes(do="add:0") == [[sales, start, fresh]]
    assert boxes(do="box") == [[sales, start], [fresh]]
    assert boxes(do="drop:0") == [[start]]
    dropped = owner.post(new, {**values, "do": "drop:1"}).context
    assert (dropped["preview"].count, dropped["form"].condition is None) == (2, False)
    assert owner.post(new, {**values, "do": "text"}).context["form"].text == 'department_name = "Sales"'
    assert boxes(do="preview", what=["department_name", "member_of"])[0][1] == ("member_of", "any", "yesterday")
    assert boxes(do="preview", what=["status", "start_date"])[0][0] == ("status", "is", "active")
    page = owner.post(new, {**values, "do": "save"}).content.decode()
    assert "yesterday is no date" in page
    text = owner.post(new, {**values, "value": ["Sales", "2026-01-31"], "do": "text"}).context["form"]
    assert text.text == 'department_name = "Sales" and start_date before "2026-01-31"'
    rows = owner.post(new, {"mode": "text", "text": text.text, "do": "rows"}).context["form"]
    assert [len(box) for box in rows.boxes] == [2]
    nested = f'({text.text}) and (status = "active" or {text.text})'
    deep = owner.post(new, {"mode": "text", "text": nested, "do": "rows"})
    assert "nested deeper" in deep.context["form"].fault
    wrong = owner.post(new, {"mode": "text", "text": "department_name =", "do": "preview"}).content.decode()
    assert "character 18" in wrong


def test_group_in_a_group_and_why_through_both(world: World, owner: Client) -> None:
    """It becomes part of the rule; a circle is refused by the names of the groups; why tells the way."""
    cooks, food = group_named(world, "Cooks"), group_named(world, "Food, Drinks")
    editor = f"/admin/people/groups/{food.pk}/rule/"
    row = {"mode": "rows", "box": "0", "what": "member_of", "how": "any", "value": "Cooks"}

    assert 'value="Cooks"' in text_of(owner, editor, inside="Cooks")
    owner.post(editor, {**row, "do": "save"})
    world.run(newest(world))
    if (job := newest(world)).status == JobStatus.HELD:
        world.run(world.approve(job))

    assert members(world, "Food, Drinks") == {"ana": "rule", "bo": "rule"}
    circle = owner.post(f"/admin/people/groups/{cooks.pk}/rule/", {**row, "value": '"Food, Drinks"', "do": "preview"})
    assert re.search("Cooks → Food, Drinks → Cooks|Food, Drinks → Cooks → Food, Drinks", circle.content.decode())
    found = owner.get(f"/admin/people/groups/{food.pk}/why/", {"who": "BO@example.com"})
    why = text_of(owner, found["Location"])
    assert "Why is Bo Berg in Food, Drinks?" in why
    assert "by file" in why
    assert "Cy Cruz is not in" in text_of(owner, f"/admin/people/groups/{food.pk}/why/3/")
    refused = owner.post(f"/admin/people/groups/{cooks.pk}/", {"do": "remove"}, follow=True).content.decode()
    assert "The rules of these groups ask about Cooks: Food, Drinks" in refused


def test_group_is_renamed_and_removed(world: World, owner: Client) -> None:
    """A name that is taken is refused; a removal is a job whose plan is looked at."""
    cooks = group_named(world, "Cooks")
    path = f"/admin/people/groups/{cooks.pk}/"

    taken = owner.post(path, {"do": "rename", "name": "food, drinks"}, follow=True).content.decode()
    owner.post(path, {"do": "rename", "name": "Chefs"})
    assert "There is a group Food, Drinks already" in taken
    assert members(world, "Chefs") == {"ana": "file", "bo": "file"}

    owner.post(path, {"do": "remove"})
    job = world.run(newest(world))
    assert job.status == JobStatus.HELD
    world.run(world.approve(job))
    assert list(world.state["groups"]) == ["Food, Drinks"]


def test_reader_changes_no_group(world: World) -> None:
    """Who may only look gets 403 for every change, and no button for one."""
    account = Account.objects.create(email="bob@example.com", email_key="bob@example.com")
    world.organization.admin_set.create(account=account, role=Role.READ_ONLY)
    bob = Client()
    bob.force_login(account, backend=BACKEND)
    cooks = group_named(world, "Cooks")
    path = f"/admin/people/groups/{cooks.pk}/"

    closed = ["/admin/people/groups/", path, f"{path}people/", f"{path}rule/"]

    assert [bob.post(where, {"name": "X", "do": "remove"}).status_code for where in closed] == [403] * 4
    assert "Remove the group" not in text_of(bob, path)
    assert Membership.objects.filter(**world.mine, group_id=cooks.pk).count() == 2


def test_sub_admin_sees_and_changes_the_people_of_their_group_alone(world: World) -> None:
    """Other groups, other people, and rules, which could reach anybody, are closed to them."""
    cooks, food = group_named(world, "Cooks"), group_named(world, "Food, Drinks")
    account = Account.objects.create(email="sue@example.com", email_key="sue@example.com")
    limited = {"edit_groups": [cooks.pk], "manage_users_licenses": [cooks.pk]}
    world.organization.admin_set.create(account=account, role=Role.SUB_ADMIN, grants=limited)
    sue = Client()
    sue.force_login(account, backend=BACKEND)
    path, pool = f"/admin/people/groups/{cooks.pk}/", world.organization.pool_set.get().pk
    world.send("unique_user_id,license_english_status\nE1,active\nE3,active\n", asked_mode=Mode.CHANGES)

    assert [group.name for group in sue.get("/admin/people/groups/").context["page"].groups] == ["Cooks"]
    assert b"Drinks" not in b"".join(sue.get("/admin/people/groups/download/").streaming_content)
    assert "Ana Alves" in text_of(sue, path)
    closed = [f"/admin/people/groups/{food.pk}/", f"{path}why/3/", f"/admin/people/groups/{food.pk}/download/"]
    assert [sue.get(where).status_code for where in closed] == [404] * 3
    rules = ["/admin/people/groups/new/", f"{path}rule/", "/admin/people/duplicates/"]
    assert [sue.get(where).status_code for where in rules] == [403] * 3
    assert sue.post(path, {"do": "remove"}).status_code == 403
    assert "cy@example.com" in sue.post(f"{path}people/", {"do": "join", "people": "cy@example.com"}).content.decode()
    assert "cy" not in members(world, "Cooks")
    held = [text_of(sue, f"/admin/licenses/{pool}/", show=view) for view in ("active", "long")]
    held.append(b"".join(sue.get(f"/admin/licenses/{pool}/download/").streaming_content).decode())
    assert ["ana@example.com" in shown for shown in held] == [True] * 3
    assert not any("cy@example.com" in shown for shown in held)
    assert sue.post(f"/admin/licenses/{pool}/", {"name": "X"}).status_code == 403
