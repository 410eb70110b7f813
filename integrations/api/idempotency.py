"""`Idempotency-Key`: whoever lost an answer sends the same again, and it is not done twice.

The first answer is kept for a day, except where it says that nothing was done and that another
time it might be.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256

from django.http import HttpResponse
from django.utils.translation import gettext as _

from integrations.api.authentication import ApiRequest
from integrations.api.problems import Problem
from integrations.errors import UndecryptableValue
from integrations.models import IdempotentRequest

HEADER = "Idempotency-Key"
VALUE = re.compile(r"[\x21-\x7e]{1,100}")
OUTCOME_UNKNOWN = "webex_outcome_unknown"


def once(request: ApiRequest, act: Callable[[], HttpResponse]) -> HttpResponse:
    value = request.headers.get(HEADER)
    if value is None:
        return act()
    if not VALUE.fullmatch(value):
        text = _("An Idempotency-Key has 1 to 100 visible ASCII characters.")
        raise Problem(422, "invalid_idempotency_key", text)
    row, is_first = IdempotentRequest.objects.begin(
        request.auth.owner, value, digest=_digest(request), now=request.auth.now
    )
    return _do(row, act) if is_first else _replay(row, request)


def _do(row: IdempotentRequest, act: Callable[[], HttpResponse]) -> HttpResponse:
    """A crash leaves the row unanswered, for nobody knows how far it came."""
    response = act()
    is_retried = response.status_code in (403, 429) or response.status_code >= 500
    if is_retried and OUTCOME_UNKNOWN not in response.text:
        row.delete()
    else:
        kind = response["Content-Type"]
        row.finish(status=response.status_code, content_type=kind, answer=response.text)
    return response


def _replay(row: IdempotentRequest, request: ApiRequest) -> HttpResponse:
    if row.digest != _digest(request):
        text = _("This Idempotency-Key was sent with another request. Use a new one.")
        raise Problem(422, "idempotency_key_reused", text)
    answer = None
    with suppress(UndecryptableValue):  # the key it was kept under is gone
        answer = row.answer
    is_lost = row.status is not None and answer is None
    if is_lost or row.is_cut_off(request.auth.now):
        text = _("The first request was cut off. Look whether it was done, then use a new key.")
        raise Problem(409, "idempotency_outcome_unknown", text)
    if row.status is None:
        text = _("The first request is still under way.")
        raise Problem(409, "idempotency_in_flight", text, headers={"Retry-After": "1"})
    headers = {"Idempotency-Replayed": "true"}
    return HttpResponse(answer, status=row.status, content_type=row.content_type, headers=headers)


def _digest(request: ApiRequest) -> str:
    """Of the host, too: a page of another brand asks for something else. If-Match says of what."""
    address = f"{request.get_host()}{request.get_full_path()}"
    etag = request.headers.get("If-Match")
    asked = f"{request.method} {address}\n" + (f"{etag}\n" if etag else "")
    return sha256(asked.encode() + request.body).hexdigest()
