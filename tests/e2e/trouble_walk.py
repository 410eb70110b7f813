"""Puts the demo into each trouble in turn and takes what people see then: `… trouble_walk DIR`.

    python -m tests.e2e.trouble_walk DIR [TROUBLE …]

DIR/index.html shows them side by side: read every sentence as somebody woken at three.
"""

import html
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.conftest import CHROMIUM, photograph
from tests.e2e.test_story import ACME, GLOBEX, sign_in, sign_in_admin
from tests.e2e.troubled_demo import World, prepare, started

TOKEN = "/v1/access_token"
Trouble = Callable[[World], Iterator[str]]
TROUBLES: dict[str, Trouble] = {}
SETTINGS = {"mail-dead": {"EMAIL_URL": "smtp://127.0.0.1:9"}}
PAGES = {
    "card": (ACME, "alice", "/my-account/"),
    "webex": (ACME, "alice", "/webex/"),
    "webex of another brand": (GLOBEX, "bob", "/webex/"),
    "not linked": (ACME, "pat", "/webex/"),
    "overview": ("localhost", "admin", "/admin/"),
    "integration": ("localhost", "admin", "/admin/integrations/webexapp/1/change/"),
    "integrations": ("localhost", "admin", "/admin/integrations/webexapp/"),
    "grants": ("localhost", "admin", "/admin/integrations/grant/"),
    "failing": ("localhost", "admin", "/admin/integrations/grant/?horizon=failing"),
    "grant": ("localhost", "admin", "/admin/integrations/grant/1/change/"),
    "events": ("localhost", "admin", "/admin/integrations/grantevent/"),
}


def trouble(name: str) -> Callable[[Trouble], Trouble]:
    def keep(function: Trouble) -> Trouble:
        TROUBLES[name] = function
        return function

    return keep


@trouble("outage")
def outage(world: World) -> Iterator[str]:
    world.webex("faults", path="/v1/*", status=503, times=None)
    world.renew_all()
    world.until(some_fail)
    yield "at once"
    world.later(hours=3)
    yield "three hours later"
    world.webex_is_well()
    world.renew_all()
    world.until(lambda: not some_fail())
    yield "over"


@trouble("wrong-secret")
def wrong_secret(world: World) -> Iterator[str]:
    secret = world.regenerate_the_secret()
    world.renew_all()
    world.until(is_paused)
    yield "at once"
    world.later(hours=3)
    yield "three hours later"
    app = _app()
    app.replace_secret(secret, now=_ago())
    app.save()
    app.resume()
    world.renew_all()
    world.until(lambda: not some_fail())
    yield "over"


@trouble("organization-blocks")
def organization_blocks(world: World) -> Iterator[str]:
    from integrations.models import AuthorizationRequest
    from tests.browsing import PortalClient

    world.webex("scenario", org_blocks=True)
    from accounts.models import User

    browser = PortalClient(host=ACME, sandbox=None)
    browser.force_login(User.objects.get(username="pat"))
    browser.start()
    AuthorizationRequest.objects.update(created_at=_ago(minutes=3))
    _revoke(world, lambda grant: grant.hostname == GLOBEX)
    world.renew_all()
    world.until(some_fail, 20)
    yield "at once"
    world.later(hours=1)
    world.renew_all()
    world.until(some_lost)
    yield "an hour later"


@trouble("mass-revocation")
def mass_revocation(world: World) -> Iterator[str]:
    _revoke(world, lambda grant: True)
    world.renew_all()
    world.until(some_fail)
    yield "at once"
    world.later(hours=1)
    _make_due()
    world.until(some_lost, 90)
    world.settle()
    yield "an hour later"


@trouble("worker-dead")
def worker_dead(world: World) -> Iterator[str]:
    from django.db.models import F

    from integrations.models import Heartbeat

    world.freeze("worker")
    Heartbeat.objects.exclude(name="beat").update(at=F("at") - timedelta(minutes=7))
    yield "at once"
    world.renew_all()
    Heartbeat.objects.exclude(name="beat").update(at=F("at") - timedelta(hours=2))
    world.later(hours=2)
    yield "two hours later"


@trouble("mail-dead")
def mail_dead(world: World) -> Iterator[str]:
    world.webex("revoke", person="alice@acme.example", client_id=_app().client_id)
    world.renew_all()
    world.until(some_lost)
    yield "at once"
    world.later(hours=3)
    yield "three hours later"


@trouble("wrong-key")
def wrong_key(world: World) -> Iterator[str]:
    from cryptography.fernet import Fernet

    from integrations import clock
    from integrations.operations import health

    other = Fernet.generate_key().decode()
    health.beat(health.WRONG_KEY + "worker-2", now=clock.now())
    world.asides.append(world.command("status", FIELD_ENCRYPTION_KEY=other))
    yield "of one worker"


@trouble("clock-ahead")
def clock_ahead(world: World) -> Iterator[str]:
    world.freeze("worker")  # it shares the name of its host with the other one
    world.another_worker(PYTHONPATH="tests/faults/shifted_clock", CLOCK_SHIFT="90")
    world.until(lambda: "workers" in world.command("status") and _clock_known(), 40)
    yield "of one worker"


@trouble("rate-limit")
def rate_limit(world: World) -> Iterator[str]:
    world.webex("scenario", rate_limit=1)
    for _ in range(3):
        world.renew_all()
        world.settle()
    yield "at once"


@trouble("token-limit")
def token_limit(world: World) -> Iterator[str]:
    world.webex("scenario", token_limit=True)
    world.renew_all()
    world.until(some_fail)
    yield "at once"
    world.later(hours=3)
    yield "three hours later"


# --- What is waited for -------------------------------------------------------------------------


def some_fail() -> bool:
    from integrations.models import Grant

    return Grant.objects.failing().exists()


def some_lost() -> bool:
    from integrations.models import Grant

    return Grant.objects.filter(status=Grant.Status.CONSENT_LOST).exists()


def is_paused() -> bool:
    return bool(_app().pause_reason)


def _clock_known() -> bool:
    from integrations.models import Heartbeat

    return Heartbeat.objects.filter(clock_ahead__gt=30).exists()


def _app():
    from integrations.models import WebexApp

    return WebexApp.objects.get()


def _ago(**span: float):
    from integrations import clock

    return clock.now() - timedelta(**span)


def _make_due() -> None:
    from integrations.models import Grant

    Grant.objects.active().update(refresh_due_at=_ago(minutes=1))


def _revoke(world: World, is_meant) -> None:
    from integrations.models import Grant

    for grant in Grant.objects.select_related("app"):
        if is_meant(grant):
            world.webex("revoke", person=grant.person_email, client_id=grant.app.client_id)


# --- Taking it ----------------------------------------------------------------------------------


def main(folder: Path, chosen: list[str]) -> None:
    prepare(folder)
    shots: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name in chosen or TROUBLES:
            for size in ("one", "many"):
                settings = SETTINGS.get(name, {})
                with started(folder / "demo", folder / size, **settings) as world:
                    for stage in TROUBLES[name](world):
                        world.settle()
                        sys.stdout.write(f"{name}, {size}, {stage}\n")
                        shots.append(take(folder, browser, world, f"{name}, {size}, {stage}"))
                (folder / "index.html").write_text(SHEET.format("\n".join(shots)))


def take(folder: Path, browser: Browser, world: World, title: str) -> str:
    commands = [world.command("status"), world.command("check_registration"), *world.asides]
    said = "\n\n".join([*commands, *(world.mails() or ["no mail"])])
    figures, texts = [], []
    for name, picture, text in pages(folder, browser, world, title):
        figures.append(FIGURE.format(picture, html.escape(name)))
        texts.append(f"### {name}\n{text}")
    file = title.replace(", ", "-").replace(" ", "-")
    (folder / f"{file}.txt").write_text("\n\n".join([f"# {title}", said, *texts]))
    return SECTION.format(html.escape(title), "\n".join(figures), html.escape(said))


def pages(folder: Path, browser: Browser, world: World, title: str) -> Iterator[tuple]:
    signed_in: dict[tuple[str, str], Page] = {}
    for name, (hostname, username, path) in PAGES.items():
        who = (hostname, username)
        if who not in signed_in:
            page = browser.new_context(viewport={"width": 1360, "height": 900}).new_page()
            signed_in[who] = page
            if username == "admin":
                sign_in_admin(page, world.demo)
            else:
                sign_in(page, world.demo, hostname, username)
        page = signed_in[who]
        page.goto(world.demo.at(hostname, path))
        picture = f"{title}-{name}.png".replace(", ", "-").replace(" ", "-")
        photograph(page, folder / picture)
        yield name, picture, page.locator("main").inner_text()
    for page in signed_in.values():
        page.context.close()


SHEET = """<!doctype html><meta charset="utf-8"><title>Trouble walk</title>
<style>body {{ font: 14px sans-serif }} .row {{ display: flex; flex-wrap: wrap; gap: 8px }}
figure {{ margin: 0; width: 32% }} img {{ width: 100%; border: 1px solid #ccc }}
pre {{ white-space: pre-wrap; background: #f4f4f4; padding: 1em }}</style>{}"""
SECTION = '<h2>{}</h2><div class="row">{}</div><pre>{}</pre>'
FIGURE = '<figure><a href="{0}"><img src="{0}"></a><figcaption>{1}</figcaption></figure>'


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute(), sys.argv[2:])
