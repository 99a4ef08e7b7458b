"""A company with planted preferences, and how well its people's held-out deeds are named. Django must be set up."""

import math
import random
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.db import connection

from orgsync.server.directory.models import Learner
from orgsync.server.learning.models import Progress
from orgsync.server.learning.recommending.choosing import recommend
from orgsync.server.learning.recommending.scoring import score_organization
from orgsync.server.orgs.models import Organization

NOW: Final = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)
SHOWN: Final = 5
HELD_OUT: Final = 2

# A hash of what is asked instead of a random number: the same company on every machine, in whatever order.
_U: Final = "((hashint8extended({what}, %(seed)s) & 1048575) / 1048576.0)"
_PEOPLE: Final = """
    INSERT INTO directory_learner
           (organization_id, id, is_active, is_protected, primary_email_address, email_key, department_name,
            work_title, manager_id, custom, created_at)
    SELECT %(organization)s, n, true, false, n || '@example.com', n || '@example.com',
           'Department ' || n %% %(departments)s,
           'Title ' || (hashint8extended(n, 7) & 65535) %% %(titles)s, 1 + n / 8, '{}', %(now)s
      FROM generate_series(1, %(people)s) AS n
"""
_CONTENT: Final = """
    INSERT INTO learning_content
           (organization_id, kind, key, title, title_key, provider, url, description, language, level, skills,
            created_at)
    SELECT %(organization)s, 'course', 'bench:' || n, 'Course ' || n, 'course ' || n, '', '', '', '', '', '[]', %(now)s
      FROM generate_series(1, %(contents)s) AS n
"""
_PICKED: Final = "((hashint8extended(100 * {group} + floor({many} * {u})::bigint, {salt}) & 1048575) %% %(contents)s)"
_KEY: Final = "person.id * 1000 + k"
_TITLE: Final = "((hashint8extended(person.id, 7) & 65535) %% %(titles)s)"


def _u(offset: int) -> str:
    return _U.format(what=f"{_KEY} + {offset}")


def _picked(group: str, many: int, offset: int, salt: int) -> str:
    """Return SQL for one of the `many` contents that a group prefers."""
    return _PICKED.format(group=group, many=many, u=_u(offset), salt=salt)


_DEEDS: Final = f"""
    SELECT person.id AS learner_id, k,
           CASE WHEN {_u(0)} < 0.3 THEN floor(%(contents)s * power({_u(200)}, 3))
                WHEN {_u(0)} < 0.6 THEN {_picked("(person.id %% %(departments)s)", 6, 400, 11)}
                WHEN {_u(0)} < 0.9 THEN {_picked(_TITLE, 6, 600, 13)}
                ELSE {_picked("(1 + person.id / 8)", 3, 800, 17)}
            END::bigint + %(first)s AS content_id
      FROM directory_learner AS person, generate_series(0, %(last)s) AS k
     WHERE person.organization_id = %(organization)s
"""
_PROGRESS: Final = f"""
    INSERT INTO learning_progress (organization_id, learner_id, content_id, started_at, last_at, percent,
                                   seconds, completed_at)
    SELECT %(organization)s, learner_id, content_id, %(now)s, %(now)s, 100, 0,
           %(now)s - (hashint8extended(learner_id, 3) & 511) * interval '1 day'
      FROM ({_DEEDS}) AS deed WHERE k >= {HELD_OUT} GROUP BY learner_id, content_id
"""
_HELD_OUT: Final = f"""
    SELECT learner_id, array_agg(DISTINCT content_id) FROM ({_DEEDS}) AS deed
     WHERE k < {HELD_OUT} AND learner_id <= %(sample)s
       AND NOT EXISTS (SELECT FROM learning_progress AS known
                        WHERE known.organization_id = %(organization)s AND known.learner_id = deed.learner_id
                          AND known.content_id = deed.content_id)
     GROUP BY learner_id ORDER BY learner_id
"""
_POPULAR: Final = """
    SELECT content_id FROM learning_progress WHERE organization_id = %(organization)s
     GROUP BY content_id ORDER BY count(*) DESC, content_id
"""


@dataclass(frozen=True, slots=True)
class Company:
    """How large the company is, and how much it learns."""

    people: int = 10_000
    contents: int = 500
    deeds: int = 10
    """A person, those held out included."""
    sample: int = 1_000
    """People for whom recommendations are judged."""
    seed: int = 1

    @property
    def departments(self) -> int:
        return max(4, min(200, self.people // 100))

    @property
    def titles(self) -> int:
        return max(5, min(1_000, self.people // 60))


@dataclass(frozen=True, slots=True)
class Quality:
    """Means over the people judged."""

    precision: float
    recall: float
    ndcg: float


def fill(organization: Organization, company: Company) -> dict[str, Any]:
    """Write the company into the database; return the values that its statements share."""
    values: dict[str, Any] = asdict(company) | {
        "organization": organization.pk,
        "now": NOW,
        "departments": company.departments,
        "titles": company.titles,
        "last": company.deeds - 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE, values)
        cursor.execute(_CONTENT, values)
        cursor.execute("SELECT min(id) FROM learning_content WHERE organization_id = %s", [organization.pk])
        values["first"] = cursor.fetchone()[0]
        cursor.execute(_PROGRESS, values)
        values["progress"] = cursor.rowcount
    return values


def judge(organization: Organization, values: dict[str, Any]) -> dict[str, Quality]:
    """Return the quality of recommendations, of popularity and of chance, for the sample."""
    with connection.cursor() as cursor:
        cursor.execute(_HELD_OUT, values)
        held_out = {learner_id: set(contents) for learner_id, contents in cursor.fetchall()}
        cursor.execute(_POPULAR, values)
        popular = [content_id for (content_id,) in cursor.fetchall()]
    mine = {"organization_id": organization.pk}
    known: dict[int, set[int]] = {one: set() for one in held_out}
    for learner_id, content_id in Progress.objects.filter(**mine, learner_id__in=held_out).values_list(
        "learner_id", "content_id"
    ):
        known[learner_id].add(content_id)
    chance = random.Random(values["seed"])
    named: dict[str, list[tuple[Sequence[int], set[int]]]] = {"orgsync": [], "popularity": [], "random": []}
    for learner in Learner.objects.filter(**mine, id__in=held_out).order_by("id"):
        relevant, has = held_out[learner.id], known[learner.id]
        ours = [one.content.pk for one in recommend(organization, learner, most=SHOWN)]
        named["orgsync"].append((ours, relevant))
        named["popularity"].append(([one for one in popular if one not in has][:SHOWN], relevant))
        named["random"].append((chance.sample([one for one in popular if one not in has], SHOWN), relevant))
    return {name: quality_of(lists) for name, lists in named.items()}


def quality_of(lists: Sequence[tuple[Sequence[int], set[int]]]) -> Quality:
    """Return means of precision, recall and NDCG of ranked names against what was held out."""
    precision = recall = ndcg = 0.0
    for names, relevant in lists:
        hits = [one in relevant for one in names[:SHOWN]]
        ideal = sum(1 / math.log2(place + 2) for place in range(min(SHOWN, len(relevant))))
        precision += sum(hits) / SHOWN
        recall += sum(hits) / len(relevant)
        ndcg += sum(hit / math.log2(place + 2) for place, hit in enumerate(hits)) / ideal
    return Quality(precision / len(lists), recall / len(lists), ndcg / len(lists))


def measure(organization: Organization, company: Company) -> dict[str, Any]:
    """Fill, score and judge; return figures."""
    values = fill(organization, company)
    with connection.cursor() as cursor:
        for table in ("directory_learner", "learning_progress", "learning_content"):
            cursor.execute(f"ANALYZE {table}")
    began = time.monotonic()
    rows = score_organization(organization, now=NOW)
    scored = time.monotonic()
    quality = judge(organization, values)
    judged = time.monotonic()
    return {
        "company": asdict(company) | {"departments": company.departments, "titles": company.titles},
        "progress_rows": values["progress"],
        "affinities": rows,
        "score_seconds": round(scored - began, 3),
        "milliseconds_a_person": round(1000 * (judged - scored) / company.sample, 2),
        "quality": {
            name: {key: round(value, 4) for key, value in asdict(one).items()} for name, one in quality.items()
        },
    }
