"""`orgsync admin group`: rules from the command line, and what it says to rules that cannot be used."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from orgsync.core.grouprules.conditions import RuleError
from orgsync.core.grouprules.where import parse_where
from orgsync.server.commands.actions import Actions
from orgsync.server.commands.groups import group
from orgsync.server.uploads.models import JobRule, UploadJob

PASSWORD = "a long enough password"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["preview", "A"], "Give the rule with --where or --json."),
        (["preview", "A", "--where", 'work_title = "a" or'], "character 20"),
        (["rule", "A", "--where", 'start_date before "soon"'], "soon is no date"),
        (["rule", "A", "--where", "x", "--json", "{file}"], "choose one"),
        (["rule", "A", "--json", "{file}"], "This is no JSON"),
    ],
)
def test_rule_that_cannot_be_read_is_refused(tmp_path: Path, options: list[str], says: str) -> None:
    """
    Before anything is opened: the option and the place in it are named.
    """
    file = tmp_path / "rule.json"
    file.write_text("{", encoding="utf-8")

    ended = CliRunner().invoke(group, [part.replace("{file}", str(file)) for part in options])

    assert ended.exit_code == 2
    assert says in ended.output


@pytest.mark.django_db(transaction=True)
def test_saved_rule_is_a_queued_job() -> None:
    """
    The rule comes with the job; the group is not there before the job has run.
    """
    Actions("Acme").set_up("owner@example.com", PASSWORD)

    number = Actions(None).groups.save_rule("Sales", parse_where('department_name = "Sales"'), None)

    job = UploadJob.objects.get(public_id=number)
    assert (job.status, job.kind) == ("QUEUED", "edit")
    assert JobRule.objects.get(job_id=job.pk).rule == {"attribute": "department_name", "is": "Sales"}
    assert Actions(None).groups.all() == []
    with pytest.raises(RuleError, match="no rule group Sales"):
        Actions(None).groups.delete("Sales", None)
