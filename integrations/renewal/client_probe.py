"""Does Webex accept this client ID and secret? Asked without anybody's token.

One code exchange with a code that never was one: Webex is seen to answer 400 where the secret is
right and 401 where it is wrong (contract 4). The same with a wrong secret shows whether it tells
them apart at all; where both answers are alike, nothing is proven.
"""

import logging
import secrets
from datetime import datetime

from django.conf import settings

from integrations.errors import InvalidClient, InvalidGrant, Refused, WebexError
from integrations.renewal.refusal_policy import Client
from integrations.webex import oauth
from integrations.webex.http import Deadline

logger = logging.getLogger(__name__)


def ask(client: oauth.Client, *, now: datetime) -> Client:
    """Two calls at most, each within WEBEX_TIMEOUT."""
    found = _is_known(client, now)
    if found:
        wrong = oauth.Client(client.id, secrets.token_hex(32))
        found = True if _is_known(wrong, now) is False else None
    answer = {True: Client.ACCEPTED, False: Client.REFUSED, None: Client.UNKNOWN}[found]
    logger.info("Client probe: client=%s answer=%s", client.id, answer)
    return answer


def _is_known(client: oauth.Client, now: datetime) -> bool | None:
    """None where the answer says nothing about the client."""
    code = oauth.AuthorizationCode(secrets.token_urlsafe(32), PROBE_URI, secrets.token_urlsafe(48))
    try:
        oauth.exchange_code(client, code, sent_at=now, deadline=Deadline(settings.WEBEX_TIMEOUT))
    except InvalidClient:
        return False
    except InvalidGrant:
        return True
    except Refused as error:
        return error.status == 400
    except WebexError:
        pass
    return None


PROBE_URI = "https://www.example.com"
