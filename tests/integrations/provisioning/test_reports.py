"""Billing reports, where the integration has the scope."""

import re
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache

from integrations.actions import Action
from integrations.models import AuditEvent
from integrations.provisioning import reports
from integrations.scopes import MINIMUM
from tests.conftest import ALICE_AT_WEBEX, H1, H3

REPORTS, BILLING = "/webex/reports/", "/webex/reports/billing/"
API = "/v1/broadworks/billing/reports"
HTMX = {"HTTP_HX_REQUEST": "true"}
ALL = (*MINIMUM, reports.READ, reports.WRITE)


@pytest.fixture
def acme(db, make_app, request):
    """With the scopes for billing, unless a test says otherwise."""
    return make_app("Acme", H1, H3, scopes=getattr(request, "param", ALL))


@pytest.fixture
def month(small_sandbox):
    small_sandbox.state.subscribers = 60
    return reports.months(datetime.now(UTC))[0]


@pytest.fixture
def ordered(pat_browser, month):
    """A report that is being made, by its id."""
    pat_browser.post(f"{BILLING}order/", {"month": f"{month:%Y-%m}"})
    return re.search(rf'href="{BILLING}([^/]+)/"', pat_browser.get(BILLING).text)[1]


def calls(sandbox):
    return [call for call in sandbox.ledger.calls if call.path.startswith(API)]


def test_months_that_are_over_are_offered():
    found = reports.months(datetime(2026, 1, 31, tzinfo=UTC))

    assert (found[0].isoformat(), found[-1].isoformat()) == ("2025-12-01", "2025-01-01")


def test_the_page_opens_without_asking_webex(pat_browser, small_sandbox):
    small_sandbox.fault("/v1/broadworks/*", status=503, times=None)

    page = pat_browser.get(REPORTS)

    assert page.status_code == 200
    assert f'hx-get="{BILLING}"' in page.text


def test_a_report_is_asked_for_followed_downloaded_and_deleted(
    pat_browser, month, small_sandbox, later, caplog
):
    empty = pat_browser.get(BILLING, **HTMX).text
    assert "There is no billing report yet." in empty

    pat_browser.post(f"{BILLING}order/", {"month": f"{month:%Y-%m}"})
    page = pat_browser.get(BILLING, **HTMX).text
    assert f"{month:%B %Y}" in page
    assert 'hx-trigger="every 5s"' in page

    later(seconds=6)
    cache.clear()
    done = pat_browser.get(f"{BILLING}standing/", {"turn": "1"}, **HTMX).text
    assert "Ready" in done
    assert "hx-get" not in done

    id = re.search(rf"{BILLING}([^/]+)/download/", done)[1]
    answer = pat_browser.post(f"{BILLING}{id}/download/")
    assert answer["Content-Disposition"] == f'attachment; filename="billing-{month:%Y-%m}.csv"'
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert b"spEnterpriseId,userId" in answer.content
    assert "Signature" not in caplog.text + str(answer.headers)

    assert "Signature" not in pat_browser.get(f"{BILLING}{id}/").text
    pat_browser.post(f"{BILLING}{id}/delete/")
    assert pat_browser.get(f"{BILLING}{id}/").status_code == 404
    events = AuditEvent.objects.filter(object_type="billing report").order_by("pk")
    assert [(each.action, each.object_label) for each in events] == [
        (Action.BILLING_REPORT_ASKED, f"{month:%Y-%m}"),
        (Action.BILLING_REPORT_FETCHED, f"{month:%Y-%m}"),
        (Action.BILLING_REPORT_REMOVED, f"{month:%Y-%m}"),
    ]


def test_all_who_look_with_one_account_ask_once_in_some_seconds(pat_browser, small_sandbox):
    for _tab in range(4):
        pat_browser.get(f"{BILLING}standing/", **HTMX)

    assert len(calls(small_sandbox)) == 1


def test_a_report_that_is_not_ready_is_not_fetched(pat_browser, ordered):
    answer = pat_browser.post(f"{BILLING}{ordered}/download/")

    assert answer.status_code == 409


def test_a_failed_report_says_why(pat_browser, ordered, small_sandbox):
    body = b'{"id":"R1","billingPeriod":"../../x","status":"FAILED","errors":[{"code":2024}]}'
    small_sandbox.fault(f"{API}/*", status=200, body=body)

    page = pat_browser.get(f"{BILLING}{ordered}/").text

    assert "There is no report for this month yet." in page


def test_what_webex_names_a_report_never_becomes_a_path(pat_browser, small_sandbox):
    url = f"{small_sandbox.api_url}/signed?Signature=x"
    body = (
        b'{"id":"R1","billingPeriod":"../../x\\r\\nA: b","status":"COMPLETED",'
        b'"tempDownloadURL":"%s"}' % url.encode()
    )
    small_sandbox.fault(f"{API}/*", status=200, body=body, times=2)
    small_sandbox.fault("/v1/signed", status=200, body=b"<html>")

    answer = pat_browser.post(f"{BILLING}R1/download/")

    assert answer["Content-Disposition"] == 'attachment; filename="billing.csv"'
    assert answer["Content-Type"].startswith("text/csv")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "authorization" not in small_sandbox.ledger.calls[-1].headers


@pytest.mark.parametrize("month", ["", "2026-13", "1999-01", "<script>"])
def test_no_other_month_is_asked_for(pat_browser, small_sandbox, month):
    page = pat_browser.post(f"{BILLING}order/", {"month": month}, follow=True).text

    assert "Choose one of the months" in page
    assert calls(small_sandbox) == []


@pytest.mark.parametrize("acme", [MINIMUM], indirect=True)
def test_without_the_scope_the_page_names_it_and_asks_nobody(pat_browser, small_sandbox):
    page = pat_browser.get(BILLING, **HTMX)

    assert reports.READ in page.text
    assert "Ask your administrator to add it to the Webex integration." in page.text
    assert (page.status_code, calls(small_sandbox)) == (200, [])


@pytest.mark.parametrize("acme", [(*MINIMUM, reports.READ)], indirect=True)
def test_who_may_only_read_is_told_what_asking_needs(pat_browser, small_sandbox):
    page = pat_browser.get(BILLING, **HTMX).text

    assert reports.WRITE in page
    assert "order/" not in page


def test_without_the_role_the_page_says_which(alice, park_bench, browser):
    alice.groups.add(Group.objects.get(name="Webex provisioning"))
    client = browser(alice)
    client.link(ALICE_AT_WEBEX)

    page = client.get(BILLING, **HTMX)

    assert page.status_code == 403
    assert "Partner administrator" in page.text


def test_nobody_sees_reports_without_the_right_and_none_without_a_link(
    alice, nina, pat, browser, park_bench
):
    assert [browser(user).get(REPORTS).status_code for user in (alice, nina)] == [403, 403]
    page = browser(pat).get(REPORTS)
    assert page["Location"] == "/webex/"


def test_an_open_page_whose_session_is_gone_loads_itself_anew(browser, park_bench):
    answer = browser(None).get(f"{BILLING}standing/", **HTMX)

    assert answer["HX-Refresh"] == "true"
