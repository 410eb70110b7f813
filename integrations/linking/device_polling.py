"""Asking Webex whether the user has accepted on the other device (RFC 8628 sections 3.4, 3.5).

One loop claims what is due, threads ask, the loop records what came. Threads touch no database.
"""

import logging
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from importlib import import_module

from django.conf import settings
from django.db import connection, transaction

from integrations import clock
from integrations.database import AWAY, retry_write
from integrations.errors import (
    AccessDenied,
    AuthorizationPending,
    ExpiredDeviceCode,
    InvalidClient,
    SlowDown,
    TokenLimit,
    UndecryptableValue,
    WebexError,
    WebexUnavailable,
)
from integrations.linking import completion, disconnection
from integrations.models import DeviceAuthorization, GrantEvent
from integrations.renewal.client_secrets import Clients
from integrations.tokens import Person, TokenSet
from integrations.webex import device
from integrations.webex.http import Deadline

logger = logging.getLogger(__name__)

CONCURRENCY = 32
PAUSE = 0.1  # seconds between looking for what is due
FROM_ANOTHER_DEVICE = "from another device"
Status = DeviceAuthorization.Status


@dataclass(frozen=True)
class Accepted:
    tokens: TokenSet
    person: Person


Running = dict[Future[Accepted], tuple[DeviceAuthorization, Clients]]


def poll_due(*, seconds: float) -> bool:
    """Asks about everything that falls due, for so long. Whether something is still pending."""
    try:
        DeviceAuthorization.objects.all().end_unattended(clock.now())
        _poll(Deadline(seconds))
        return _is_pending()
    except AWAY as error:
        connection.close()
        logger.warning("The database is away, the next run asks: %s", type(error).__name__)
        return False


def _poll(deadline: Deadline) -> None:
    running: Running = {}
    with ThreadPoolExecutor(CONCURRENCY, thread_name_prefix="device") as threads:
        try:
            while _is_pending() and deadline.remaining() > PAUSE:
                for authorization in _claim(CONCURRENCY - len(running)):
                    _submit(threads, running, authorization)
                _record_done(running, timeout=PAUSE)
        finally:
            while running:  # whatever happens here, an answer that came is not thrown away
                _record_done(running, timeout=None)


def _is_pending() -> bool:
    return DeviceAuthorization.objects.pending().exists()


def _claim(most: int) -> list[DeviceAuthorization]:
    now = clock.now()
    due = DeviceAuthorization.objects.due(now)
    if not most or not due.unclaimed(now).exists():  # a claim is a write even if it gets nothing
        return []
    claimed = due.claim(most=most, now=now, seconds=DeviceAuthorization.claim_seconds())
    return list(claimed.select_related("app"))


def _submit(
    threads: ThreadPoolExecutor, running: Running, authorization: DeviceAuthorization
) -> None:
    now, app = clock.now(), authorization.app
    try:
        clients = Clients(app, now=now, client_id=authorization.client_id)
        code = authorization.device_code or ""
    except UndecryptableValue:
        authorization.finish(Status.FAILED, reason="undecryptable")
        return
    running[threads.submit(_ask, clients, code, now)] = authorization, clients


def _ask(clients: Clients, device_code: str, sent_at: datetime) -> Accepted:
    deadline = Deadline(settings.WEBEX_TIMEOUT)
    poll = partial(device.poll, device_code=device_code, sent_at=sent_at, deadline=deadline)
    tokens = clients.ask(poll)
    try:
        person = completion.identify(tokens, Deadline(settings.WEBEX_TIMEOUT))
    except WebexError as error:
        reason = f"accepted, but people/me failed: {error.reason}"
        failure = Unidentified(reason, status=error.status, tracking_id=error.tracking_id)
    else:
        return Accepted(tokens, person)
    raise failure


class Unidentified(WebexError):
    """The tokens came, but not whose they are: nothing is stored, and the code is spent."""


def _record_done(running: Running, timeout: float | None) -> None:
    if not running:
        time.sleep(timeout or 0)
        return
    done, _ = wait(running, timeout=timeout, return_when=FIRST_COMPLETED)
    for future in done:
        authorization, clients = running.pop(future)
        record = partial(_record, authorization, future)
        # Later than the claim it would be of no use: somebody else asks by then.
        with suppress(*AWAY):
            patience = DeviceAuthorization.claim_seconds()
            retry_write(record, [authorization.pk], kind="device logins", patience=patience)
            clients.remember(now=clock.now())


def _record(authorization: DeviceAuthorization, future: Future[Accepted]) -> None:
    now = clock.now()  # after the answer: the interval is a pause between two polls
    try:
        accepted = future.result()
    except AuthorizationPending as error:
        authorization.wait(now=now, slower=isinstance(error, SlowDown))
    except AccessDenied as error:
        completion.record_declined(authorization, now=now, reason=FROM_ANOTHER_DEVICE)
        _end(authorization, Status.DENIED, error)
    except ExpiredDeviceCode as error:
        _end(authorization, Status.EXPIRED, error)
    except TokenLimit as error:
        _end(authorization, Status.FAILED, error)
    except WebexUnavailable as error:
        _later(authorization, error, now=now)
    except WebexError as error:
        is_late = authorization.expires_at - now <= timedelta(seconds=authorization.interval)
        of_age = is_late and not isinstance(error, InvalidClient | Unidentified)
        _end(authorization, Status.EXPIRED if of_age else Status.FAILED, error)
    else:
        _link_if_entitled(authorization, accepted, now=now)


def _end(authorization: DeviceAuthorization, status: str, error: WebexError) -> None:
    authorization.finish(status, reason=error.reason, tracking_id=error.tracking_id)
    level = logging.ERROR if isinstance(error, InvalidClient) else logging.INFO
    logger.log(level, "Device linking ended: id=%s status=%s %s", authorization.pk, status, error)


def _later(authorization: DeviceAuthorization, error: WebexUnavailable, *, now: datetime) -> None:
    """429 slows this one down for good; with Retry-After the whole integration waits."""
    pause = error.retry_after or timedelta(seconds=2 * authorization.interval)
    authorization.wait(now=now, slower=error.status == 429, at_least=pause)
    if error.retry_after:
        theirs = DeviceAuthorization.objects.pending().filter(app=authorization.app_id)
        until = now + error.retry_after
        theirs.filter(next_poll_at__lt=until).update(next_poll_at=until)
    logger.info("Webex unavailable: device authorization=%s %s", authorization.pk, error)


def _link_if_entitled(
    authorization: DeviceAuthorization, accepted: Accepted, *, now: datetime
) -> None:
    tokens = completion.as_requested(accepted.tokens, authorization.app)
    with transaction.atomic():
        if authorization.is_accepted():
            return  # stored by an attempt whose confirmation was lost
        entitled = _is_entitled(authorization)
        if entitled and authorization.finish(Status.LINKED):
            reason = FROM_ANOTHER_DEVICE
            grant = completion.link_or_ask(
                authorization, tokens, accepted.person, now=now, reason=reason
            )
            if grant is None:
                authorization.await_decision(now=now)
            return
    authorization.finish(Status.CANCELLED, reason="no longer entitled")
    logger.warning("Device linking dropped: id=%s", authorization.pk)
    disconnection.discard(tokens, accepted.person, authorization.app)


def _is_entitled(authorization: DeviceAuthorization) -> bool:
    """As things are now: whose it is may have lost the right, or signed out, or be gone."""
    rows = DeviceAuthorization.objects.pending().filter(pk=authorization.pk)
    fresh = rows.select_related("user", "app").first()
    if fresh is None or not fresh.user.is_active:
        return False
    app = fresh.app
    is_offered = app.is_enabled and app.device_linking_enabled
    same_secret = fresh.client_secret_fingerprint in (None, app.client_secret_fingerprint)
    is_same = app.client_id == fresh.client_id and same_secret
    may = is_offered and is_same and fresh.user.has_perm("integrations.use_webex")
    return may and _is_signed_in(fresh) and not _was_disconnected(fresh)


def _is_signed_in(authorization: DeviceAuthorization) -> bool:
    """Whether the sign-in it was started in still exists; signing out deletes it."""
    sessions = import_module(settings.SESSION_ENGINE).SessionStore()
    try:
        return bool(authorization.session_key and sessions.exists(authorization.session_key))
    except UndecryptableValue:
        return False


def _was_disconnected(authorization: DeviceAuthorization) -> bool:
    return GrantEvent.objects.disconnected(
        user_id=authorization.user_id,
        app_id=authorization.app_id,
        since=authorization.created_at,
    )
