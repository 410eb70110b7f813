"""The token endpoint (contract 2.3, 3): requests-oauthlib writes the requests, our transport sends.

https://developer.webex.com/create/docs/login-with-webex

Nothing else of the library passes this page: not its exceptions, whose frames hold every secret,
and not its parser, which accepts answers that are none (`answers.token_set` reads them instead).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn
from urllib.parse import quote

import requests
from django.conf import settings
from oauthlib.oauth2 import OAuth2Error, WebApplicationClient
from requests_oauthlib import OAuth2Session

from integrations.errors import NoRefreshToken, WebexUnavailable
from integrations.tokens import TokenSet
from integrations.webex import answers
from integrations.webex.http import Deadline, Request, send

PLACEHOLDER = "REFRESH-TOKEN"  # in the body that oauthlib writes once for all
FORM = "application/x-www-form-urlencoded;charset=UTF-8"


@dataclass(frozen=True)
class Client:
    """A registered OAuth client. Webex wants the secret even with PKCE."""

    id: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class AuthorizationCode:
    value: str = field(repr=False)
    redirect_uri: str
    code_verifier: str = field(repr=False)


@dataclass(frozen=True)
class RefreshToken:
    value: str = field(repr=False)


def exchange_code(
    client: Client, code: AuthorizationCode, *, sent_at: datetime, deadline: Deadline
) -> TokenSet:
    """RFC 6749 section 4.1.3 with RFC 7636 section 4.5. Never repeated: a code is good for one use.

    Raises what `answers.token_set` raises.
    """
    request = _written(
        client,
        lambda session: session.fetch_token(
            _token_url(),
            code=code.value,
            code_verifier=code.code_verifier,
            client_secret=client.secret,
            include_client_id=True,
        ),
        redirect_uri=code.redirect_uri,
    )
    answer = send(request, deadline)
    tokens = answers.token_set(answer, sent_at=sent_at)
    if tokens.refresh_token is None:
        raise NoRefreshToken("no refresh token in the answer", status=answer.status)
    return tokens


def refresh(
    client: Client, token: RefreshToken, *, sent_at: datetime, deadline: Deadline
) -> TokenSet:
    """RFC 6749 section 6. Raises what `answers.token_set` raises."""
    request = _written(
        client,
        lambda session: session.refresh_token(
            _token_url(),
            refresh_token=token.value,
            client_id=client.id,
            client_secret=client.secret,
        ),
    )
    return answers.token_set(send(request, deadline), sent_at=sent_at)


def refresh_request(client: Client) -> Callable[[str], Request]:
    """The same call for many tokens, ready to be sent by `webex.multi`."""
    url, headers = _token_url(), {"Accept": "application/json", "Content-Type": FORM}
    template = WebApplicationClient(client.id).prepare_refresh_body(
        refresh_token=PLACEHOLDER, client_id=client.id, client_secret=client.secret
    )
    before, _placeholder, after = template.partition(PLACEHOLDER)

    def request(refresh_token: str) -> Request:
        return Request("POST", url, headers, f"{before}{quote(refresh_token)}{after}".encode())

    return request


def _token_url() -> str:
    return f"{settings.WEBEX_API_URL}/access_token"


class _Written(Exception):
    """Leaves the library as soon as the request is there."""

    def __init__(self, request: Request) -> None:
        self.request = request


class _Session(OAuth2Session):
    """Writes requests and sends none, so no answer ever reaches the library."""

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> NoReturn:
        body = request.body.encode() if isinstance(request.body, str) else request.body
        raise _Written(
            Request(request.method or "", request.url or "", dict(request.headers), body)
        )


def _written(client: Client, call: Callable[[_Session], Any], redirect_uri: str = "") -> Request:
    session = _Session(client.id, redirect_uri=redirect_uri or None)
    session.trust_env = False  # or a .netrc would add credentials
    session.headers.clear()  # it offers gzip, which nobody here would undo
    try:
        call(session)
    except _Written as written:
        return written.request
    except (OAuth2Error, requests.RequestException, ValueError):
        pass
    # Raised out here so that neither traceback nor context leads into the library's frames.
    raise WebexUnavailable("the call could not be made")
