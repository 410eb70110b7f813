"""The Keys page: which encryption key reads what, when it changed, and what to do next."""

import io
from datetime import timedelta

import pytest
from django.core.management import call_command

from integrations import clock
from integrations.models import AuditEvent, Heartbeat, KeyCensus, Lease
from integrations.operations import encryption_keys, health
from tests.integrations.admin.conftest import ADMIN_HOST
from tests.integrations.operations.test_key_rotation import new, old, use_keys  # noqa: F401
from tests.integrations.refusals import spoil

PAGE = "/admin/keys/"


@pytest.fixture
def page(root, browser):
    client = browser(root, ADMIN_HOST)
    return lambda: " ".join(client.get(PAGE).text.split())


def rotate():
    call_command("rotate_encryption_key", stdout=io.StringIO())


def test_an_empty_portal_with_one_key_has_nothing_to_do(page):
    text = page()

    assert "Everything is under the one key that is listed." in text
    assert "key 1 of this process opens it" in text
    assert "none in the audit trail" in text


@pytest.mark.parametrize("count", [1, 2, 30])
def test_it_leads_through_a_rotation(page, acme, fill, use_keys, old, new, count):  # noqa: F811
    fill(acme, count)
    use_keys(new, old)
    values = 2 * count + 2  # with the canary and a client secret
    assert f"{values} values are still under an older key." in page()
    assert "run “manage.py rotate_encryption_key”" in page()
    assert "key 2 of this process opens it" in page()

    rotate()

    text = page()
    assert "Everything is under the first key; the others are needed no more." in text
    assert f"{values} values anew with key {encryption_keys.fingerprints()[0]}, 0 left" in text
    use_keys(new)
    assert "There is nothing to do" in page()
    assert new not in text
    assert old not in text


def test_what_no_key_reads_is_said_first(page, acme, fill, use_keys, old, new):  # noqa: F811
    [grant] = fill(acme, 1)
    spoil(grant, "access_token")
    use_keys(new, old)

    assert "1 value is read by no listed key." in page()


def test_a_worker_with_another_key_is_named(page):
    Heartbeat.objects.beat(health.WRONG_KEY + "host-7", now=clock.now())

    assert "host-7" in page()


def test_a_rotation_is_on_record_with_who_ran_it(acme, use_keys, old, new, monkeypatch):  # noqa: F811
    monkeypatch.setenv("LOGNAME", "olga")
    use_keys(new, old)

    rotate()

    event = AuditEvent.objects.get(action="encryption_key.rotated")
    assert event.reason.endswith("0 left; run by olga")


# --- Many rows are counted by a worker -----------------------------------------------------------


@pytest.fixture
def many(acme, fill, monkeypatch):
    monkeypatch.setattr(encryption_keys, "FEW", 3)
    return fill(acme, 5)


def test_many_rows_are_not_counted_for_a_page(page, many, django_assert_max_num_queries):
    page()
    with django_assert_max_num_queries(30):
        text = page()

    assert "It was not counted yet with the keys that are listed now." in text
    assert "Count now" in text


def test_a_worker_counts_and_the_page_says_when(page, many):
    encryption_keys.count_in_turn(now=clock.now() - timedelta(minutes=20))

    text = page()

    assert "20 minutes ago" in text
    assert "<td>10</td>" in text
    assert "There is nothing to do" in text


def test_a_count_of_other_keys_is_none(page, many, use_keys, old, new):  # noqa: F811
    encryption_keys.count_in_turn(now=clock.now())
    use_keys(new, old)
    assert "It was not counted yet with the keys that are listed now." in page()

    rotate()

    assert "Everything is under the first key" in page()


def test_only_one_counts_at_a_time(many, page):
    now = clock.now()
    until = now + timedelta(minutes=1)
    Lease.objects.take([encryption_keys.LEASE], now=now, until=until)

    encryption_keys.count_in_turn(now=now)

    assert not KeyCensus.objects.exists()
    assert "A worker is counting now." in page()


def test_a_count_can_be_asked_for(root, browser, many):
    client = browser(root, ADMIN_HOST)

    answer = client.post(PAGE, follow=True)

    assert "A worker counts now" in answer.text


@pytest.mark.parametrize("who", ["vera", "paula", "sam"])
def test_nobody_sees_it_without_the_right(request, who):
    client = request.getfixturevalue(who)

    assert (client.get(PAGE).status_code, client.post(PAGE).status_code) == (403, 403)
    assert PAGE not in client.get("/admin/", follow=True).text


def test_the_right_alone_is_enough(staff):
    assert staff("olga", "view_keycensus").get(PAGE).status_code == 200
