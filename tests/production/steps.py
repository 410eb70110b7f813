"""What production must survive: each step breaks or changes one thing and says what it cost."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from django.db import DatabaseError, connection

from integrations.models import Grant
from tests.faults.measuring import measure
from tests.faults.registry import GRACE, NONE, STRICT
from tests.faults.servers import POSTGRES, await_true, free_port
from tests.production.browser import Browser, Load
from tests.production.portal import RESTART_AFTER
from tests.production.servers import Nginx
from tests.production.world import World

LONGEST = 90.0  # seconds for anything to heal


@dataclass
class Result:
    """`healed` and `slowest` in seconds; what is None was not measured."""

    step: str
    healed: float | None = None
    pages: int = 0
    failures: list[str] = field(default_factory=list)
    slowest: float | None = None
    status: str = ""
    broken: list[str] = field(default_factory=list)


Step = Callable[[World], Result]


def story(world: World) -> Result:
    """Alice links at one brand and Bob at another, through TLS."""
    began = time.monotonic()
    plain = Browser("acme.example.com", world.nginx.plain, world.nginx.authority)
    plain.origin = plain.origin.replace("https", "http")
    result = Result("linking on two brands through TLS")
    if plain.get("/?code=x").status != 308:
        result.broken.append("plain http is not sent to https")
    for name, host in {"alice": "acme", "bob": "globex"}.items():
        browser = world.browser(host, name)
        browser.get("/webex/link/token-of-a-link/")
        if browser.link(world.sandbox, f"{name}@acme.example") != "linked":
            result.broken.append(f"{name} is not linked")
    logs = "".join(log.read_text() for log in world.nginx.folder.glob("*.log"))
    result.broken += ["a query string in the log"] if "code=" in logs or "?" in logs else []
    result.broken += ["a connect link in the log"] if "token-of-a-link" in logs else []
    if "/webex/callback/" not in logs:
        result.broken.append("the callback is not in the log")
    result.healed = time.monotonic() - began
    return result


def rolling_restart(world: World) -> Result:
    """Everything is due, people browse, and every process is restarted in turn."""
    world.sandbox.scenario.update({"rotation": STRICT})
    result = Result("rolling restart of web, workers and beat, strict rotation")
    with watched(world, result):
        world.stage.make_due()
        began = time.monotonic()
        for name in ("web-1", "web-2", "worker-1", "worker-2", "beat"):
            world.portal[name].restart()
        world.await_renewals(LONGEST)
        result.healed = time.monotonic() - began
    result.broken += [f"failed: {each}" for each in sorted(set(result.failures))]
    return result


def kill_of(name: str) -> Step:
    def kill(world: World) -> Result:
        result = Result(f"kill -9 of {name}, started again after {RESTART_AFTER:.0f} s")
        service = world.portal[name]
        with healing(world, result, back=lambda: service.start().await_ready()):
            service.kill()
        return result

    return kill


def nobody_answers(world: World) -> Result:
    """Behind a second nginx there is no portal."""
    result = Result("nginx with nobody behind it: a page and a problem")
    folder = world.folder / "lonely"
    folder.mkdir(mode=0o711)
    nginx = Nginx(folder, free_port())
    nginx.start()
    try:
        browser = Browser("acme.example.com", nginx.port, nginx.authority)
        answers = ("/webex/", 503, "<h1>The portal does not answer"), ("/api/", 502, "bad_gateway")
        for path, status, said in answers:
            page = browser.get(path)
            if page.status != status or said not in page.text:
                result.broken.append(f"{path} answers {page.status}: {page.text[:100]}")
    finally:
        nginx.stop()
    return result


def nginx_dies(world: World) -> Result:
    result = Result("kill -9 of nginx, started again after 2 s")
    with healing(world, result, back=world.nginx.start):
        world.nginx.stop()
    return result


def silence_of(name: str) -> Step:
    """How long until somebody is told: `healed` is the time to the first word of `status`."""

    def silent(world: World) -> Result:
        result = Result(f"{name} stays away: until `status` says so")
        services = [each for each in world.portal.services if each.name.startswith(name)]
        for service in services:
            service.kill()
        began = time.monotonic()
        await_true(lambda: not world.status().startswith("0"), LONGEST, "status to say so")
        result.healed, result.status = time.monotonic() - began, world.status()
        for service in services:
            service.start().await_ready()
        await_true(lambda: world.status().startswith("0"), LONGEST, "all to be well")
        return result

    return silent


def redis_dies(world: World) -> Result:
    """All messages are gone with it."""
    result = Result("kill -9 of Redis, back and empty after 2 s")
    with healing(world, result, back=world.redis.start):
        world.redis.stop()
    return result


def postgresql_dies(world: World) -> Result:
    result = Result("PostgreSQL stops as in a crash, back after 2 s")
    with healing(world, result, back=world.database.start):
        world.database.stop()
    return result


def restore(world: World) -> Result:
    """A backup that is older than the tokens, with a provider that keeps its refresh tokens."""
    return _restore(world, Result("backup, renewals, restore; refresh tokens are kept"), NONE)


def restore_under_rotation(world: World) -> Result:
    return _restore(world, Result("backup, renewals, restore; strict rotation"), STRICT)


def _restore(world: World, result: Result, rotation: str) -> Result:
    world.sandbox.scenario.update({"rotation": rotation})
    dump = str(world.folder / "portal.dump")
    _tool("pg_dump", "--format=custom", f"--file={dump}", world.database.url)
    world.stage.make_due()
    world.await_renewals(LONGEST)
    began = time.monotonic()
    world.portal.stop()
    connection.close()
    world.database.sql("DROP DATABASE portal WITH (FORCE)")
    world.database.sql("CREATE DATABASE portal OWNER portal")
    _tool("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={world.database.url}", dump)
    world.portal.start()
    world.stage.make_due()
    if rotation == NONE:
        world.await_renewals(LONGEST)
    else:
        time.sleep(15)
    result.healed = time.monotonic() - began
    result.status = world.status()
    lost = measure(world.sandbox).lost
    if rotation == STRICT:
        given_up = Grant.objects.filter(status=Grant.Status.CONSENT_LOST).count()
        result.status = f"{len(lost)} old tokens, {given_up} given up. {result.status}"
    elif lost:
        result.broken.append(f"{len(lost)} grants lost")
    return result


def _tool(program: str, *arguments: str) -> None:
    subprocess.run([POSTGRES / program, *arguments], check=True)


@contextmanager
def healing(world: World, result: Result, *, back: Callable[[], object]) -> Iterator[None]:
    """Breaks while people browse and renewals are under way; heals when both work as before."""
    world.sandbox.scenario.update({"rotation": GRACE, "grace_seconds": 60})
    with watched(world, result):
        world.stage.make_due()
        time.sleep(0.3)  # some are on the wire
        yield
        broke = time.monotonic()
        result.status = world.status()
        time.sleep(max(RESTART_AFTER - (time.monotonic() - broke), 0.0))
        back()
        came_back = time.monotonic()
        await_true(world.is_serving, LONGEST, "a page")
        with suppress(DatabaseError):
            world.stage.make_due()
        world.await_renewals(LONGEST)
        result.healed = time.monotonic() - came_back


@contextmanager
def watched(world: World, result: Result) -> Iterator[None]:
    reused = world.sandbox.ledger.reuse
    with Load(world.browsers) as load:
        yield
    result.pages, result.failures, result.slowest = load.pages, load.failures, load.slowest
    figures = measure(world.sandbox)
    broken = {"lost": figures.lost, "given up though alive": figures.false_dead}
    result.broken += [f"{len(pks)} grants {what}" for what, pks in broken.items() if pks]
    if figures.reuse > reused:
        result.broken.append(f"{figures.reuse - reused} refresh tokens spent twice")


KILLS = [kill_of(name) for name in ("web-1", "worker-1", "beat")]
DEATHS = [*KILLS, nginx_dies, redis_dies, postgresql_dies]
SILENCES = [silence_of("beat"), silence_of("worker")]
SHORT: list[Step] = [story, nobody_answers, rolling_restart, *DEATHS]
FULL: list[Step] = [*SHORT, *SILENCES, restore, restore_under_rotation]
