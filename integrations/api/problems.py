"""Errors as `application/problem+json` (RFC 9457): a stable `code`, a sentence, the request ID."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from integrations import actor

CONTENT_TYPE = "application/problem+json"

CODES = {
    400: "bad_request",
    401: "key_missing",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    411: "length_required",
    412: "precondition_failed",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid_request",
    428: "precondition_required",
    429: "too_many_requests",
    500: "internal_error",
    503: "not_ready",
}


class Problem(Exception):
    """What a route answers instead. `facts` are further members of the body."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **facts: Any,
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.detail = status, code, detail
        self.headers, self.facts = headers or {}, facts

    def response(self) -> HttpResponse:
        body = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "request_id": actor.request_id(),
            **self.facts,
        }
        return HttpResponse(
            json.dumps(body), status=self.status, content_type=CONTENT_TYPE, headers=self.headers
        )


def sentences() -> dict[int, str]:
    """For errors that nobody said more about."""
    return {
        401: _("Send an API key as “Authorization: Bearer …”."),
        403: _("That is not allowed."),
        404: _("There is nothing at this address."),
        405: _("This address does not know that method; Allow names those it knows."),
        411: _("Send it with a Content-Length, not in chunks."),
        413: _("That is more than the portal accepts at once (2.5 MB). Please send less."),
        500: _("Something went wrong here. It is on record under the request ID."),
        503: _("The portal is not ready. Please try again in a minute."),
    }


def of_status(status: int, **facts: Any) -> Problem:
    code = CODES.get(status, HTTPStatus(status).name.lower())
    return Problem(status, code, sentences().get(status, HTTPStatus(status).phrase), **facts)


def of_validation(errors: list[dict[str, Any]]) -> Problem:
    """Names the place and what is wrong with it, never what was sent."""
    return of_faults({".".join(map(str, each["loc"])): each["msg"] for each in errors})


def of_faults(faults: Mapping[str, str]) -> Problem:
    """By where they are."""
    found = [{"where": where, "message": message} for where, message in faults.items()]
    text = _("The request is not as this address expects it; errors says where.")
    return Problem(422, "invalid_request", text, errors=found)


def not_found(what: str) -> Problem:
    """Also for what the key does not reach: nobody learns what others have."""
    texts = {
        "user": _("There is no such user."),
        "hostname": _("There is no such hostname, or this key does not reach it."),
        "grant": _("There is no such grant, or this key does not reach it."),
        "bulk_job": _("This user has no such bulk job here."),
        "cursor": _("This cursor is none of ours, or too old. Begin without one."),
        "integration": _("There is no such integration, or this key does not reach it."),
    }
    return Problem(404, f"unknown_{what}", texts[what])
