"""The list of subscribers as a file."""

import csv
import io
import tracemalloc

import pytest

from integrations.actions import Action
from integrations.errors import WebexUnavailable
from integrations.models import AuditEvent
from integrations.provisioning import export
from integrations.provisioning.export import Wanted
from integrations.views import export_share
from tests.integrations.provisioning.conftest import PARK_BENCH

EXPORT = "/webex/reports/subscribers.csv"
API = "/v1/broadworks/subscribers"


@pytest.fixture
def mine(small_sandbox, settings):
    settings.WEBEX_JOB_CALLS_PER_MINUTE = 0
    return lambda: [
        row for row in small_sandbox.state.directory.subscribers if row.partner == PARK_BENCH.name
    ]


@pytest.fixture(autouse=True)
def _no_export_is_running(monkeypatch):
    monkeypatch.setattr(export_share, "share", export_share.ExportShare())
    monkeypatch.setattr(export, "PAUSES", (0.01, 0.01, 0.01))


def rows_of(answer):
    text = answer.getvalue().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), strict=True))


def test_everybody_is_in_the_file_once_and_the_export_on_record(pat_browser, mine, pat):
    answer = pat_browser.post(EXPORT)
    rows = rows_of(answer)

    assert sorted(row["userId"] for row in rows) == sorted(each.user_id for each in mine())
    assert len(rows) > 100  # so there were several pages
    assert answer["Content-Disposition"] == 'attachment; filename="subscribers.csv"'
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    event = AuditEvent.objects.get(action=Action.EXPORT_MADE)
    assert (event.actor_name, event.result) == (pat.username, "done")


def test_no_cell_is_run_as_a_formula(pat_browser, mine, small_sandbox):
    evil = mine()[0]
    directory = small_sandbox.state.directory
    directory.subscribers.change(evil, last_name='=HYPERLINK("https://evil.example")')

    row = next(row for row in rows_of(pat_browser.post(EXPORT)) if row["userId"] == evil.user_id)

    assert row["lastName"].startswith("'=")
    assert row["primaryPhoneNumber"] == f"'{evil.primary_phone_number}"


def test_the_file_holds_what_was_chosen(pat_browser, mine, small_sandbox):
    waiting = [each for each in mine() if each.status.startswith("pending_")]
    small_sandbox.state.directory.subscribers.change(
        waiting[0], changed_at=small_sandbox.state.now() - 6 * 86400
    )
    failed = [each for each in mine() if each.status == "error"]
    enterprise = waiting[0].sp_enterprise_id

    def chosen(**fields):
        return {row["userId"]: row for row in rows_of(pat_browser.post(EXPORT, fields))}

    assert set(chosen(which="waiting")) == {each.user_id for each in waiting}
    assert set(chosen(which="waiting_long")) == {each.user_id for each in waiting[1:]}
    assert set(chosen(which="odd", enterprise=enterprise)) == {
        each.user_id for each in mine() if each.sp_enterprise_id == enterprise
    }
    row = chosen(which="error")[failed[0].user_id]
    assert row["errorCode"] == str(failed[0].errors[0][0])
    assert int(row["daysInStatus"]) > 7


def test_an_export_waits_where_webex_asks_for_it(pat_browser, mine, small_sandbox):
    answer = pat_browser.post(EXPORT)
    small_sandbox.fault(API, status=429, headers={"Retry-After": "0"})

    assert len(rows_of(answer)) == len(mine())


def test_half_a_list_never_looks_like_a_whole_one(pat_browser, mine, small_sandbox, caplog):
    answer = pat_browser.post(EXPORT)
    small_sandbox.fault(API, status=503, times=None)

    with pytest.raises(WebexUnavailable):
        answer.getvalue()

    assert "Export broke off" in caplog.text


def test_a_long_pause_is_not_waited_for(pat_browser, mine, small_sandbox):
    answer = pat_browser.post(EXPORT)
    small_sandbox.fault(API, status=429, headers={"Retry-After": "120"})

    with pytest.raises(WebexUnavailable):
        answer.getvalue()


def test_what_webex_refuses_is_a_page_in_words(pat_browser, mine, small_sandbox):
    small_sandbox.fault(API, status=403)

    answer = pat_browser.post(EXPORT)

    assert answer.status_code == 403
    assert "Your Webex account may not do this." in answer.text
    assert AuditEvent.objects.latest("pk").result == "refused"


def test_a_third_export_at_once_is_told_to_wait_for_a_place(pat_browser, mine):
    first, _second = pat_browser.post(EXPORT), pat_browser.post(EXPORT)

    third = pat_browser.post(EXPORT, follow=True)
    assert "Two exports are running" in third.text

    first.getvalue()
    assert pat_browser.post(EXPORT).status_code == 200


def test_a_browser_that_goes_away_before_the_first_line_gives_its_place_back():
    for _times in range(3):
        export_share.Lines(iter(()), export_share.share.take()).close()


def test_after_signing_in_again_the_form_is_there(pat_browser, mine):
    assert pat_browser.get(EXPORT)["Location"] == "/webex/reports/"


def test_nobody_exports_without_the_right(nina, alice, browser, park_bench):
    assert [browser(user).post(EXPORT).status_code for user in (nina, alice)] == [403, 403]


def test_an_export_keeps_to_the_pace_of_jobs(as_pat, mine, settings, monkeypatch):
    """So that people with the same Webex account can click meanwhile."""
    settings.WEBEX_JOB_CALLS_PER_MINUTE = 20
    slept = []
    monkeypatch.setattr(export.time, "sleep", slept.append)
    monkeypatch.setattr(export.Deadline, "remaining", lambda self: 5.0 - sum(slept))

    with pytest.raises(WebexUnavailable, match="takes too long"):
        list(export.subscriber_lines(as_pat(), Wanted()))

    assert 2 < slept[0] < 4


@pytest.mark.slow
def test_thousands_need_no_more_memory_than_a_hundred(as_pat, mine, small_sandbox):
    small_sandbox.state.subscribers, small_sandbox.state._directory = 9_000, None
    expected = len(mine())
    assert expected > 2_500
    lines = export.subscriber_lines(as_pat(), Wanted())
    tracemalloc.start()
    for _line in range(100):
        next(lines)
    tracemalloc.reset_peak()
    before, _peak = tracemalloc.get_traced_memory()

    rest = sum(1 for _line in lines)
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert rest == expected + 1 - 100
    assert after - before < 1_000_000  # and some of it is the sandbox's ledger
    assert peak - before < 2_000_000
