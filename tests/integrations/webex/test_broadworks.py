"""Subscribers, enterprises and billing reports, out of odd answers too."""

import json
from datetime import UTC, datetime

import pytest

from integrations.errors import Problem, WebexUnavailable
from integrations.tokens import Bearer
from integrations.webex import billing_reports, broadworks, enterprises
from integrations.webex.http import Deadline

BEARER = Bearer("ZDI3MGEyYzQ")
JOHN = {
    "id": "Y2lz1",
    "personId": "Y2lz2",
    "userId": "95547321@sp.com",
    "spEnterpriseId": "SP1+acme",
    "firstName": "John",
    "email": "john.anderson@acme.example",
    "package": "platinum",
    "status": "error",
    "errors": [{"errorCode": 10022, "description": "Already associated."}],
    "created": "2019-10-18T14:26:16.000Z",
    "lastStatusChange": "yesterday",
    "selfActivated": "true",
    "extension": 1212,
}


@pytest.fixture
def answer(sandbox):
    def to(path, body, status=200, **headers):
        sandbox.fault(f"/v1{path}", status=status, body=json.dumps(body).encode(), headers=headers)

    return to


def test_a_subscriber_is_read_as_far_as_it_makes_sense(answer):
    answer("/broadworks/subscribers/Y2lz1", JOHN, trackingId="ROUTER_1")

    john = broadworks.subscriber(BEARER, "Y2lz1", deadline=Deadline(2))

    assert (john.user_id, john.package, john.last_name, john.extension) == (
        ("95547321@sp.com", "platinum", "", "")
    )
    assert john.created_at == datetime(2019, 10, 18, 14, 26, 16, tzinfo=UTC)
    assert (john.changed_at, john.self_activated) == (None, True)
    assert john.problems == (Problem(10022, "Already associated."),)
    assert john.tracking_id == "ROUTER_1"


def test_only_what_is_asked_for_is_in_the_query(answer, sandbox):
    answer("/broadworks/subscribers", {"items": [JOHN, "odd"]})

    query = {"email": "john@acme.example", "status": "", "max": "1"}
    page = broadworks.subscribers(BEARER, query, deadline=Deadline(2))

    assert [each.id for each in page.items] == ["Y2lz1"]
    (call,) = sandbox.ledger.calls
    assert call.query == {"email": "john@acme.example", "max": "1"}


@pytest.mark.parametrize(
    "info", [{"description": "Passed."}, [{"description": "Passed."}, {"infoCode": 5}]]
)
def test_a_check_answers_with_one_sentence_or_several(answer, info):
    answer("/broadworks/subscribers/validate", {"message": "success", "info": info})

    fields = {"email": "john@acme.example"}
    assert broadworks.check(BEARER, fields, deadline=Deadline(2)) == ("Passed.",)


def test_an_enterprise_without_any_synchronisation_is_one(answer):
    answer("/broadworks/enterprises", {"items": [{"id": "Y2lz", "spEnterpriseId": "SP1+acme"}]})

    (acme,) = enterprises.enterprises(BEARER, {}, deadline=Deadline(2)).items

    assert (acme.enterprise_id, acme.directory_sync.is_enabled) == ("SP1+acme", False)
    assert acme.directory_sync.counts["users"] == (0, 0, 0)


def test_a_report_is_fetched_without_the_bearer(answer, sandbox):
    url = f"{sandbox.api_url}/signed?Signature=x"
    answer("/broadworks/billing/reports/R1", {"id": "R1", "tempDownloadURL": url})
    sandbox.fault("/v1/signed", status=200, body=b"a,b\r\n")

    assert billing_reports.download(BEARER, "R1", deadline=Deadline(2)) == b"a,b\r\n"

    assert "authorization" not in sandbox.ledger.calls[-1].headers


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://reports.webexcontent.com/x",
        "https://webexcontent.com.evil.example/x",
        "https://evil.example/.webexcontent.com",
        "https://user@reports.webexcontent.com/x",
        "https://reports.webexcontent.com:8443/x",
        "https://[::1/x",
    ],
)
def test_a_report_elsewhere_is_not_fetched(answer, sandbox, url):
    answer("/broadworks/billing/reports/R1", {"id": "R1", "tempDownloadURL": url})

    with pytest.raises(WebexUnavailable):
        billing_reports.download(BEARER, "R1", deadline=Deadline(2))

    assert len(sandbox.ledger.calls) == 1
