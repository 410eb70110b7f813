"""The contenders of `refresh_speed.py`; each renews due grants for some seconds and counts them."""

import asyncio
import ssl
import time
from datetime import timedelta
from urllib.parse import urlencode

import aiohttp
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from requests_oauthlib import OAuth2Session
from social_core.backends.oauth import BaseOAuth2
from social_django.models import UserSocialAuth
from social_django.strategy import DjangoStrategy

from accounts.models import User
from integrations import clock, fields
from integrations.models import Grant, WebexApp
from integrations.models.renewal import Renewal
from integrations.renewal import drain as flow
from integrations.renewal.outcomes import Outcome
from integrations.webex import answers
from integrations.webex.http import Answer, Request
from integrations.webex.multi import Multi
from tests.benchmarks import fast_endpoint

TOKEN = fast_endpoint.KEPT
SECRET = "s" * 64


def load(count: int) -> None:
    call_command("migrate", verbosity=0)
    now = clock.now()
    app = WebexApp(name="Speed", client_id="C" * 65, authorization_url="x", is_enabled=True)
    app.replace_secret(SECRET, now=now)
    app.save()
    User.objects.bulk_create([User(username=f"user{n}") for n in range(count)], batch_size=5000)
    rows = [
        Grant(user_id=pk, app=app, status=Grant.Status.ACTIVE, access_token=TOKEN,
              refresh_token=TOKEN, access_token_expires_at=now,
              person_id=f"{pk:064}", person_email=f"user{pk}@acme.example")
        for pk in User.objects.values_list("pk", flat=True)
    ]  # fmt: skip
    Grant.objects.bulk_create(rows, batch_size=2000)
    UserSocialAuth.objects.bulk_create(
        UserSocialAuth(user_id=row.user_id, provider="speed", uid=str(row.user_id),
                       extra_data={"access_token": TOKEN, "refresh_token": TOKEN})
        for row in rows[:2000]
    )  # fmt: skip


def make_all_due() -> None:
    past = clock.now() - timedelta(days=1)
    Grant.objects.update(refresh_due_at=past, claimed_by=None, claimed_until=None)
    if connection.vendor == "postgresql":  # a week lies between two renewals, and autovacuum
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (FULL, ANALYZE) integrations_grant")


def drain(url: str, seconds: float) -> int:
    settings.WEBEX_API_URL = url
    return flow.drain(WebexApp.objects.get().pk, seconds=seconds)[Outcome.RENEWED]


def naive(url: str, seconds: float) -> int:
    done, ends, app = 0, time.monotonic() + seconds, WebexApp.objects.get()
    for grant in Grant.objects.order_by("pk").iterator(100):
        session = OAuth2Session(app.client_id, token={"refresh_token": grant.refresh_token})
        token = session.refresh_token(
            f"{url}/access_token", client_id=app.client_id, client_secret=app.client_secret
        )
        grant.access_token, grant.refresh_token = token["access_token"], token["refresh_token"]
        grant.access_token_expires_at = clock.now() + timedelta(seconds=token["expires_in"])
        grant.save()
        done += 1
        if time.monotonic() > ends:
            break
    return done


class SpeedOAuth2(BaseOAuth2):
    name = "speed"


def social_auth(url: str, seconds: float) -> int:
    done, ends, strategy = 0, time.monotonic() + seconds, DjangoStrategy(UserSocialAuth)
    SpeedOAuth2.ACCESS_TOKEN_URL = SpeedOAuth2.REFRESH_TOKEN_URL = f"{url}/access_token"
    settings.AUTHENTICATION_BACKENDS = ["tests.benchmarks.peers.SpeedOAuth2"]
    settings.SOCIAL_AUTH_SPEED_KEY, settings.SOCIAL_AUTH_SPEED_SECRET = "C" * 65, SECRET
    for row in UserSocialAuth.objects.order_by("pk").iterator(100):
        row.refresh_token(strategy)
        done += 1
        if time.monotonic() > ends:
            break
    return done


def aiohttp_drain(url: str, seconds: float, context: ssl.SSLContext) -> int:
    """Claims, asks concurrently, parses, encrypts and stores in batches of 500."""
    return asyncio.run(_aiohttp_drain(url, seconds, context))


async def _aiohttp_drain(url: str, seconds: float, context: ssl.SSLContext) -> int:
    done, ends = 0, time.monotonic() + seconds
    app = await asyncio.to_thread(WebexApp.objects.get)
    client_secret = await asyncio.to_thread(lambda: app.client_secret)
    connector = aiohttp.TCPConnector(limit=64, ssl=context)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def ask(pk: int, version: int, ciphertext: str) -> Renewal:
            form = {
                "grant_type": "refresh_token",
                "client_id": app.client_id,
                "client_secret": client_secret,
                "refresh_token": fields.decrypt(ciphertext),
            }
            async with session.post(f"{url}/access_token", data=form) as response:
                body = await response.read()
                lines = [f"Content-Type: {response.content_type}".encode()]
                tokens = answers.parse_token_answer(Answer(response.status, lines, body), now)
                return Renewal(pk, version, tokens)

        while time.monotonic() < ends:
            now, claimed = await asyncio.to_thread(_claim, app.pk)
            if not claimed:
                break
            renewals = list(await asyncio.gather(*(ask(*row) for row in claimed)))
            await asyncio.to_thread(Grant.objects.store_renewals, renewals, now=now)
            done += len(renewals)
    return done


def _claim(app_id: int):
    now = clock.now()
    due = Grant.objects.due_in_app(app_id, now)
    columns = ("id", "version", "refresh_token")
    return now, due.claim_columns(*columns, most=500, now=now, seconds=30)


def limit(url: str, seconds: float, concurrency: int, *, crypto: bool = False) -> int:
    """With `crypto` also what each renewal costs in Fernet: one token out, one in."""
    ciphertext = fields.library.encrypt_str(TOKEN).decode()
    done, started, ends = 0, 0, time.monotonic() + seconds
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    form = {"grant_type": "refresh_token", "client_id": "C" * 65, "client_secret": SECRET,
            "refresh_token": TOKEN}  # fmt: skip
    request = Request("POST", f"{url}/access_token", headers, urlencode(form).encode())
    with Multi[int](timeout=10) as calls:
        while time.monotonic() < ends or len(calls):
            while len(calls) < concurrency and time.monotonic() < ends:
                started += 1
                if crypto:
                    fields.library.encrypt_str(fields.decrypt(ciphertext))
                calls.add(started, request)
            arrived = calls.wait(0.05)
            assert all(answer.status == 200 for _number, answer in arrived)
            done += len(arrived)
    return done
