"""Does Webex accept this client ID and secret? Asked without anybody's token.

One code exchange with a code that never was one: Webex is seen to answer 400 where the secret is
right and 401 where it is wrong (contract 4). The same with a wrong secret shows whether it tells
them apart at all; where both answers are alike, nothing is proven.
"""

import logging
import secrets
from datetime import datetime

from integrations.errors import (
    InvalidClient,
    InvalidGrant,
    Refused,
    UndecryptableValue,
    WebexError,
)
from integrations.models import WebexApp
from integrations.renewal.client_secrets import Clients
from integrations.renewal.refusal_policy import Client
from integrations.webex import oauth
from integrations.webex.http import Deadline

logger = logging.getLogger(__name__)

PROBE_URI = "https://www.example.com"
PATIENCE = 4.0  # seconds for one call: an admin may wait for the page


def check(app: WebexApp, *, now: datetime) -> Client:
    """Asks, and keeps the answer for the integration's page. Two calls at most."""
    try:
        clients = Clients(app, now=now)
    except UndecryptableValue:
        return Client.UNKNOWN
    answer = _ask(clients.new, now)
    if answer is Client.REFUSED and clients.previous and _is_known(clients.previous, now):
        answer = Client.PREVIOUS
    if answer is not Client.UNKNOWN or not app.relies_on_previous_secret:
        clients.note(answer, now=now)  # no answer says nothing against the one before
    logger.info("Client probe: app=%s answer=%s", app.pk, answer)
    return answer


def _ask(client: oauth.Client, now: datetime) -> Client:
    is_known = _is_known(client, now)
    if not is_known:
        return Client.UNKNOWN if is_known is None else Client.REFUSED
    wrong = oauth.Client(client.id, secrets.token_hex(32))
    return Client.ACCEPTED if _is_known(wrong, now) is False else Client.UNKNOWN


def _is_known(client: oauth.Client, now: datetime) -> bool | None:
    """None where the answer says nothing about the client."""
    code = oauth.AuthorizationCode(secrets.token_urlsafe(32), PROBE_URI, secrets.token_urlsafe(48))
    try:
        oauth.exchange_code(client, code, sent_at=now, deadline=Deadline(PATIENCE))
    except InvalidClient:
        return False
    except InvalidGrant:
        return True
    except Refused as error:
        return error.status == 400
    except WebexError:
        pass
    return None
