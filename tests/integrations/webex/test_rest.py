"""Calls and pages of the REST API against a server that loses answers and points elsewhere."""

import json

import pytest

from integrations.errors import AmbiguousOutcome, Rejected, WebexUnavailable
from integrations.tokens import Bearer
from integrations.webex import rest
from integrations.webex.http import LARGEST_BODY, Deadline
from tests.integrations.webex.conftest import answering

BEARER = Bearer("ZDI3MGEyYzQ")


def reply(body, status="200 OK", **headers):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    fields = {"Content-Type": "application/json", "Content-Length": len(content)} | named
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return answering(f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + content)


def call(method="POST", path="/things", **arguments):
    return rest.call(BEARER, method, path, deadline=Deadline(2), **arguments)


@pytest.fixture
def webex(wire, settings):
    def start(script):
        server = wire(script)
        settings.WEBEX_API_URL = f"{server.url}/v1"
        return server

    return start


def items(url=None, most=10):
    query = {"max": "2", "email": ""}
    page = rest.page(BEARER, "/things", query, lambda entry: entry["id"], deadline=Deadline(2))
    found = [*page.items]
    while page.next_url and len(found) < most:
        page = rest.next_page(
            BEARER, page.next_url, lambda entry: entry["id"], deadline=Deadline(2)
        )
        found += page.items
    return found


def test_a_write_sends_json_and_keeps_the_tracking_id(webex):
    server = webex(reply({"id": "Y2lz"}, trackingId="ROUTER_1"))

    done = call(body={"name": "Zoë"})

    assert (done.body, done.tracking_id) == ({"id": "Y2lz"}, "ROUTER_1")
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert b"Content-Type: application/json;charset=utf-8" in head
    assert json.loads(body) == {"name": "Zoë"}


def test_a_write_without_a_body_is_never_sent_a_second_time_on_a_dead_connection(webex):
    def answer_once_then_hang_up(wire, connection, nth):
        if wire.count("POST") == 0:
            reply({"items": []})(wire, connection, nth)
        else:
            connection.close()

    server = webex(answer_once_then_hang_up)
    call("GET")

    with pytest.raises(AmbiguousOutcome):
        call("POST", "/subscribers/1/emails/consentMove")

    assert server.count("POST") == 1
    assert b"content-length: 0" in server.requests[-1].lower()


@pytest.mark.parametrize("status", ["500 Oops", "502 Bad Gateway", "503 Busy", "200 OK"])
def test_a_write_without_a_usable_answer_may_have_been_done(webex, status):
    webex(reply(b"<html>", status, Retry_After="3"))

    with pytest.raises(AmbiguousOutcome) as caught:
        call()

    assert caught.value.retry_after is not None


def test_a_read_without_a_usable_answer_is_an_outage(webex):
    webex(reply(b"<html>", "502 Bad Gateway"))

    with pytest.raises(WebexUnavailable) as caught:
        call("GET")

    assert not isinstance(caught.value, AmbiguousOutcome)


def test_a_write_that_is_told_to_wait_was_not_done(webex):
    webex(reply(b"<html>", "429 Too Many Requests", Retry_After="3"))

    with pytest.raises(WebexUnavailable) as caught:
        call()

    assert not isinstance(caught.value, AmbiguousOutcome)


def test_a_refusal_in_words_is_no_outage(webex):
    webex(reply({"errors": [{"errorCode": 1001, "fieldName": "email"}]}, "400 Bad Request"))

    with pytest.raises(Rejected) as caught:
        call()

    assert [(each.code, each.field) for each in caught.value.problems] == [(1001, "email")]


def test_a_list_is_followed_as_webex_says_to_its_empty_end(webex):
    def two_pages(wire, connection, nth):
        host = f"http://127.0.0.1:{wire.port}"
        pages = {
            b"?max=2 ": ([{"id": "a"}, {"id": "b"}], f'<{host}/v1/things?offset=x%3D>; rel="next"'),
            b"?offset=x%3D ": (
                [{"id": "c"}],
                '<?offset=z>; rel="last", </v1/things?last>; rel=next',
            ),
            b"?last ": ([], '</v1/things>; rel="prev"'),
        }
        found, link = next(each for end, each in pages.items() if end in wire.requests[-1])
        reply({"items": found}, Link=link)(wire, connection, nth)

    webex(two_pages)

    assert items() == ["a", "b", "c"]


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/v1/things",
        "http://127.0.0.1:1/v1/things",
        "//evil.example/v1/things",
        "http://[::1/v1",
        "/elsewhere",
    ],
)
def test_a_next_page_anywhere_else_never_gets_the_bearer(webex, url):
    server = webex(reply({"items": []}, Link=f'<{url}>; rel="next"'))

    with pytest.raises(WebexUnavailable):
        items()

    assert len(server.requests) == 1


def test_a_list_may_be_larger_than_any_single_thing(webex):
    large = {"items": [{"id": "x" * LARGEST_BODY}]}
    webex(reply(large))

    assert len(items()[0]) == LARGEST_BODY
    with pytest.raises(WebexUnavailable):
        call("GET")
