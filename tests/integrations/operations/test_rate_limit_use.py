"""How full a rate limit is, said before an integration falls behind; when it has caught up."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from integrations import clock
from integrations.models import Grant, WebexApp
from integrations.models.renewal import mean_interval
from integrations.operations import renewal_figures
from integrations.operations.check import Level
from integrations.operations.renewal_figures import Renewals
from tests.integrations.operations.test_trouble import everywhere, trouble
from tests.integrations.renewal.draining import drained

pytestmark = pytest.mark.usefixtures("brisk", "everything_runs")

CODE, DEVICE = timedelta(days=14), timedelta(hours=18)  # the lives of their access tokens
MINUTE = timedelta(minutes=1)


def pace(life):
    now = clock.now()
    return MINUTE / mean_interval(now, now + life, now + timedelta(days=90))


@pytest.fixture
def limited(settings):
    cache.clear()
    settings.REFRESH_CALLS_PER_MINUTE = 30
    settings.TIME_ZONE = "UTC"


def live(grants, life, **columns):
    """Renewed now, with tokens of that life."""
    now = clock.now()
    facts = {"refreshed_at": now, "access_token_expires_at": now + life, **columns}
    Grant.objects.filter(pk__in=[grant.pk for grant in grants]).update(**facts)


def every_minute(grants, *, due=0):
    """Tokens of so short a life that each is renewed once a minute; some are due."""
    live(grants, MINUTE, refresh_due_at=clock.now() + timedelta(hours=1))
    keys = [grant.pk for grant in grants[:due]]
    Grant.objects.filter(pk__in=keys).update(refresh_due_at=clock.now() - timedelta(minutes=3))


# --- Figures ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("life", "fit"), [(CODE, 2_800_000), (DEVICE, 149_000)])
def test_300_calls_a_minute_carry_so_many(db, settings, life, fit):
    settings.REFRESH_CALLS_PER_MINUTE = 300

    assert Renewals(linked=fit, pace=pace(life)).share_of_limit == pytest.approx(1, abs=0.01)


def test_after_a_day_of_outage_a_million_grants_need_thirteen_hours(db, settings):
    settings.REFRESH_CALLS_PER_MINUTE = 300
    due, now = round(1_000_000 * pace(CODE) * 24 * 60), clock.now()

    ends_at = Renewals(linked=1_000_000, due=due, pace=pace(CODE)).caught_up_at(now)

    assert (ends_at - now) / timedelta(hours=1) == pytest.approx(13.4, abs=0.2)


@pytest.mark.parametrize(("linked", "due"), [(149_100, 10_000), (160_000, 1)])
def test_no_end_is_in_sight_where_hardly_anything_is_spare(db, settings, linked, due):
    settings.REFRESH_CALLS_PER_MINUTE = 300

    assert Renewals(linked=linked, due=due, pace=pace(DEVICE)).caught_up_at(clock.now()) is None


@pytest.mark.parametrize("count", [0, 1, 2, 40])
def test_lives_of_both_kinds_are_taken_as_they_are(acme, globex, fill, limited, monkeypatch, count):
    monkeypatch.setattr(renewal_figures, "SAMPLE", 20)
    live(fill(acme, count), CODE)
    live(fill(globex, count)[::2], DEVICE)

    found = renewal_figures.collect([acme, globex], now=clock.now())

    assert found[acme.pk].pace == pytest.approx(pace(CODE) if count else 0)
    if count == 40:
        half = (pace(DEVICE) + pace(timedelta(days=15))) / 2
        assert found[globex.pk].pace == pytest.approx(half, rel=0.35)


def test_without_a_limit_nothing_is_full(acme, fill, settings):
    every_minute(fill(acme, 3), due=3)

    renewals = renewal_figures.collect([acme], now=clock.now())[acme.pk]

    assert (renewals.share_of_limit, renewals.is_behind) == (0, False)
    assert trouble(acme) == []


# --- What is said of it -------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("count", "share"), [(20, 0), (24, 83), (35, 121)])
def test_it_is_said_everywhere_before_it_falls_behind(
    client, sam, acme, fill, settings, limited, count, share
):
    every_minute(fill(acme, count))

    levels, texts = everywhere(client, sam, acme, settings)

    assert set(levels.values()) == {1 if share else 0}, levels
    for name in set(texts) - {"list"}:
        said = f"Its renewals take {share} % of the rate limit (30 a minute)" in texts[name]
        assert said is bool(share), name
    cache.clear()
    bearer = {"Authorization": f"Bearer {settings.METRICS_TOKEN}"}
    metrics = client.get("/metrics/", headers=bearer).text
    (line,) = [each for each in metrics.splitlines() if each.startswith("webex_rate_limit_used_")]
    assert float(line.split()[-1]) == pytest.approx(count / (30 * 60 / 62))


@pytest.mark.django_db(transaction=True)
def test_behind_it_names_an_end_everywhere(client, sam, acme, fill, settings, limited):
    grants = fill(acme, 160)
    assert drained(acme, seconds=1)["RENEWED"] >= 1

    levels, texts = everywhere(client, sam, acme, settings)

    assert set(levels.values()) == {1}, levels
    assert len(grants) - 3 <= Grant.objects.filter(refresh_due_at__lte=clock.now()).count()
    now = timezone.localtime(clock.now())
    ends = {f"{now + timedelta(minutes=minutes):%H:%M} UTC" for minutes in range(5, 12)}
    for name in set(texts) - {"list"}:
        assert "wait for their turn, because 30 a minute is the limit." in texts[name], name
        (said,) = {part[:9] for part in texts[name].split("Caught up at about ")[1:]}
        assert said in ends, name
        assert "Do worker, beat and broker run?" not in texts[name], name


@pytest.mark.parametrize(("count", "level"), [(28, Level.ASKS), (35, Level.BLOCKS)])
def test_where_more_comes_due_than_fits_it_says_act_now(acme, fill, limited, count, level):
    every_minute(fill(acme, count), due=count)
    extra = fill(acme, 160)  # of ordinary lives
    Grant.objects.filter(pk__in=[each.pk for each in extra[:2]]).update(refreshed_at=clock.now())

    (check,) = trouble(acme)

    assert (check.code, check.level) == ("behind", level)
    assert ("no end is in sight" in check.sentence) == (level is Level.BLOCKS)


def test_where_nobody_works_on_it_no_end_is_promised(acme, fill, limited):
    fill(acme, 160, refresh_due_at=clock.now() - timedelta(hours=2))

    (check,) = trouble(acme)

    assert (check.code, check.level) == ("overdue", Level.BLOCKS)
    assert "Do worker, beat and broker run?" in check.next_step


def test_while_it_is_paused_only_that_is_said(acme, fill, limited):
    every_minute(fill(acme, 35), due=35)
    until = clock.now() + timedelta(minutes=2)
    WebexApp.objects.update(refresh_paused_until=until, pause_reason="429 (status 429)")

    assert [check.code for check in trouble(acme)] == ["paused"]
