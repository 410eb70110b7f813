"""With many grants, what is due is read through its partial index, not by reading them all."""

from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import User
from integrations import clock
from integrations.models import Grant

MANY = 50_000


@pytest.fixture
def many(acme):
    """One in a thousand is due. Tokens are never read here, so any text will do."""
    user = User.objects.create(username="template")
    template = Grant.objects.create(
        user=user, app=acme, status="ACTIVE", access_token="a", refresh_token="r",
        refresh_due_at=clock.now() + timedelta(days=1), scope="s",
    )  # fmt: skip
    with connection.cursor() as cursor:
        _copy(cursor, User._meta, f"id = {user.pk}", {"username": "'u' || n.value"})
        due = "CASE WHEN n.value %% 1000 = 0 THEN %s ELSE refresh_due_at END"
        _copy(
            cursor,
            Grant._meta,
            f"t.id = {template.pk}",
            {"user_id": "n.value", "refresh_due_at": due},
            [clock.now() - timedelta(minutes=5)],
        )
        cursor.execute("ANALYZE")
    return acme


def _copy(cursor, meta, where, changed, parameters=()):
    columns = [field.column for field in meta.concrete_fields if field.column != "id"]
    values = [changed.get(column, f"t.{column}") for column in columns]
    first, last = (connection.ops.quote_name(meta.db_table), MANY)
    if connection.vendor == "postgresql":
        numbers = f"generate_series(1000001, {1_000_000 + last}) AS n(value)"
    else:
        numbers = (
            f"(WITH RECURSIVE n(value) AS (SELECT 1000001 UNION ALL SELECT value + 1 FROM n "
            f"WHERE value < {1_000_000 + last}) SELECT value FROM n) AS n"
        )
    where = where.replace("id =", "t.id =") if not where.startswith("t.") else where
    identity = ", ".join(["id", *columns])
    cursor.execute(
        f"INSERT INTO {first} ({identity}) SELECT n.value, {', '.join(values)} "
        f"FROM {first} AS t, {numbers} WHERE {where}",
        list(parameters),
    )


def plan_of(queryset):
    return queryset.explain()


def test_due_rows_are_read_through_the_partial_index(many):
    due = Grant.objects.due_in_app(many.pk, clock.now())
    assert due.count() == MANY // 1000

    plan = plan_of(due.values("pk")[:64])

    assert "due_grants_of_an_app" in plan, plan
    assert "Seq Scan on integrations_grant" not in plan


def test_whether_there_is_work_is_read_through_the_partial_index(many):
    plan = plan_of(Grant.objects.due_in_app(many.pk, clock.now()).values("pk")[:1])

    assert "due_grants_of_an_app" in plan, plan


def test_claiming_takes_the_due_rows_and_no_others(many):
    now = clock.now()

    claimed = Grant.objects.due_in_app(many.pk, now).claim_columns(
        "id", most=1000, now=now, seconds=30
    )

    assert len(claimed) == MANY // 1000
    assert Grant.objects.exclude(claimed_by=None).count() == MANY // 1000


@pytest.mark.parametrize("known", [0, 1, 2])
def test_a_claim_takes_no_more_than_it_asked_for_where_statistics_are_old(acme, fill, known):
    """As in a new portal: the database still plans for the few rows it had yesterday."""
    fill(acme, known)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    fill(acme, 6)
    now = clock.now()

    claimed = [
        Grant.objects.due_in_app(acme.pk, now).claim_columns("id", most=1, now=now, seconds=30)
        for _ in range(3)
    ]

    assert [len(rows) for rows in claimed] == [1, 1, 1]
    assert len({pk for rows in claimed for (pk,) in rows}) == 3
