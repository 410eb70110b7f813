"""Calls to addresses that administrators chose, on the transport that Webex is asked with.

Straight to the provider and without redirects; `webex/guard.py` judges where that is.
"""

import json
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pycurl

from integrations.errors import ProviderMisconfigured, ProviderUnavailable
from integrations.provider_address import is_address_allowed, is_url_allowed
from integrations.webex import http
from integrations.webex.guard import Guard
from integrations.webex.http import Deadline, Request

JSON = {"Accept": "application/json", "User-Agent": "webex-portal"}
TROUBLE = {
    pycurl.E_COULDNT_RESOLVE_HOST: "name",
    pycurl.E_COULDNT_CONNECT: "connection",
    pycurl.E_OPERATION_TIMEDOUT: "slow",
    pycurl.E_SSL_CONNECT_ERROR: "tls",
    pycurl.E_PEER_FAILED_VERIFICATION: "certificate",
    pycurl.E_FILESIZE_EXCEEDED: "too_large",
}


def fetch_json(request: Request, deadline: Deadline) -> dict[str, Any]:
    """Raises ProviderUnavailable where there is no usable answer, ProviderMisconfigured for 4xx."""
    answer = _send(request, deadline)
    try:
        content = json.loads(answer.body)
    except (ValueError, RecursionError):
        content = None
    if 400 <= answer.status < 500 and answer.status != 429:
        error = content.get("error") if isinstance(content, dict) else ""
        code = error if isinstance(error, str) and error.isidentifier() else ""
        raise ProviderMisconfigured(code[:40] or f"status_{answer.status}")
    if answer.status != 200 or not isinstance(content, dict):
        raise ProviderUnavailable("no_json" if answer.status == 200 else f"status_{answer.status}")
    return content


def _send(request: Request, deadline: Deadline) -> http.Answer:
    if not is_url_allowed(request.url):
        raise ProviderMisconfigured("address")
    curl = pycurl.Curl()
    http.prepare(curl, request, deadline.remaining())
    host = urlsplit(request.url).hostname or ""
    guard = Guard(curl, partial(is_address_allowed, host=host))
    try:
        incoming = http.Incoming(curl)
        if request.body is not None:
            curl.setopt(pycurl.POSTFIELDS, request.body)
        curl.perform()
        status = int(curl.getinfo(pycurl.RESPONSE_CODE))
        return http.Answer(status, incoming.lines, incoming.body.getvalue())
    except pycurl.error as error:
        code = int(error.args[0])
    finally:
        curl.close()
        guard.close()
    if guard.is_refused:
        raise ProviderMisconfigured("private_address")
    raise ProviderUnavailable(TROUBLE.get(code, f"libcurl_{code}"))
