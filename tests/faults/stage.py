"""The world of one case: a stand-in for Webex, a database, a broker, workers and grants."""

import contextlib
import os
import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group
from django.db import DatabaseError, connection
from django.db.models import F, Q

from accounts.models import User
from integrations import clock, tasks
from integrations.models import AppIncident, BrandedURL, Grant, WebexApp
from integrations.renewal import on_demand
from integrations.sandbox import Call, Sandbox
from tests.faults.processes import Beat, Process, Worker
from tests.faults.registry import Run, is_full
from tests.faults.servers import Broker, Database, await_true

TOKEN = "/v1/access_token"
CLIENT_LIFE = 14 * 86400  # seconds that an access token lives


class Stage:
    """`allowed` is what the case may cost; `notes` are printed under its row."""

    def __init__(
        self, run: Run, folder: Path, sandbox: Sandbox, database: Database, broker: Broker
    ) -> None:
        self.folder, self.sandbox, self.database, self.broker = folder, sandbox, database, broker
        self.rotation, self.is_full = run.rotation, is_full()
        self.chance = random.Random(f"{run.name} {os.environ.get('FAULTS_SEED', '1')}")
        self.allowed = {"lost": 0, "reuse": 0, "ampl": 1.0}
        self.notes: list[str] = []
        self.due = 0  # renewals that were wanted
        self.processes: list[Process] = []
        sandbox.scenario.update({"rotation": run.rotation, "grace_seconds": 60})

    # --- the portal ------------------------------------------------------------------------------

    def app(self, name: str, *, grants: int = 0, enabled: bool = True) -> WebexApp:
        registered = self.sandbox.register(name=name)
        app = WebexApp(
            name=name,
            is_enabled=enabled,
            client_id=registered.client_id,
            authorization_url=registered.authorization_url,
        )
        app.replace_secret(registered.client_secret, now=clock.now())
        app.save()
        host = f"{name.lower()}.example.com"
        BrandedURL.objects.create(hostname=host, brand_name=name, app=app)
        self.add_grants(app, grants)
        return app

    def add_grants(self, app: WebexApp, count: int, *, org: str = "Acme") -> None:
        """Linked long ago, and all due since a minute, one after the other."""
        now, people = clock.now(), f"{app.name.lower()}{{}}@{org.lower()}.example"
        emails = [people.format(number) for number in range(count)]
        users = User.objects.bulk_create(User(username=email, email=email) for email in emails)
        Group.objects.get(name="Webex users").user_set.add(*users)
        grants = [self._grant(user, app, now, org) for user in users]
        for number, grant in enumerate(grants):
            grant.refresh_due_at = now - timedelta(minutes=2) + timedelta(milliseconds=number)
        Grant.objects.bulk_create(grants, batch_size=500)
        self.due += count

    def _grant(self, user: User, app: WebexApp, now: datetime, org: str) -> Grant:
        person = self.sandbox.add_person(email=user.email, org_name=org)
        tokens = self.sandbox.grant(user.email, app.client_id)
        return Grant(
            user=user,
            app=app,
            status=Grant.Status.ACTIVE,
            access_token=tokens["access_token"],
            refresh_token=tokens["refresh_token"],
            access_token_expires_at=now + timedelta(seconds=CLIENT_LIFE / 2),
            refresh_token_expires_at=now + timedelta(days=80),
            scope=tokens["scope"],
            person_id=person.id,
            person_email=user.email,
            org_id=person.org_id,
            granted_at=now - timedelta(days=9),
            refreshed_at=now - timedelta(days=9),
        )

    def emails(self, app: WebexApp) -> list[str]:
        grants = Grant.objects.filter(app=app).order_by("refresh_due_at")
        return list(grants.values_list("person_email", flat=True))

    def make_due(self, app: WebexApp | None = None) -> None:
        grants = Grant.objects.active().filter(app=app) if app else Grant.objects.active()
        now = clock.now()
        grants.update(refreshed_at=now - timedelta(days=8))  # first: a drain may still be running
        self.due += on_demand.make_due(list(grants), now=now)

    # --- the operator ----------------------------------------------------------------------------

    def worker(self, name: str = "w1", *, slots: int = 2, **environment: str) -> Worker:
        worker = self.start_worker(name, slots=slots, **environment)
        return worker.await_ready()

    def start_worker(self, name: str, *, slots: int = 2, **environment: str) -> Worker:
        worker = Worker(name, self.folder, {**os.environ, **environment}, slots=slots)
        self.processes.append(worker)
        return worker

    def beat(self, name: str = "beat") -> Beat:
        beat = Beat(name, self.folder, dict(os.environ))
        self.processes.append(beat)
        return beat

    def command(self, *words: str, log: str = "command", **environment: str) -> Process:
        python = os.environ["FAULTS_PYTHON"]
        process = Process(
            [python, "manage.py", *words],
            self.folder / f"{log}.log",
            {**os.environ, **environment},
        )
        self.processes.append(process)
        return process

    def sweep(self) -> None:
        tasks.sweep.apply_async()

    def stop_everything(self) -> None:
        for process in self.processes:
            process.kill()
        self.broker.stop()
        self.database.stop()

    # --- waiting and time ------------------------------------------------------------------------

    def until(self, condition: Callable[[], Any], what: str, seconds: float = 45) -> None:
        """A database that is away answers nothing; the case goes on when it is back."""

        def holds() -> bool:
            with contextlib.suppress(DatabaseError):
                return bool(condition())
            connection.close()
            return False

        await_true(holds, seconds * (3 if self.is_full else 1), what)

    def sweep_until(self, condition: Callable[[], Any], what: str, seconds: float = 45) -> None:
        """As beat would: a sweep for each turn, until it is so."""
        last = [0.0]

        def holds() -> bool:
            now = time.monotonic()
            if now - last[0] > 1:
                last[0] = now
                self.sweep()
            return bool(condition())

        self.until(holds, what, seconds)

    def nothing_due(self, app: WebexApp | None = None) -> bool:
        grants = Grant.objects.filter(app=app) if app else Grant.objects.all()
        due = Q(refresh_due_at__lte=clock.now()) | Q(claimed_until__isnull=False)
        return not grants.active().filter(due).exists()

    def renewed(self, app: WebexApp | None = None) -> int:
        grants = Grant.objects.filter(app=app) if app else Grant.objects.all()
        return grants.filter(refreshed_at__gte=clock.now() - timedelta(days=1)).count()

    def pass_time(self, seconds: float) -> None:
        """Time goes by, for the portal's rows and for Webex, without anybody waiting."""
        self.until(lambda: not self.under_way() and not self.is_claimed(), "the drains to end")
        step = timedelta(seconds=seconds)
        Grant.objects.update(
            refresh_due_at=F("refresh_due_at") - step,
            suspect_since=F("suspect_since") - step,
            failing_since=F("failing_since") - step,
            refresh_token_expires_at=F("refresh_token_expires_at") - step,
            access_token_expires_at=F("access_token_expires_at") - step,
        )
        WebexApp.objects.update(
            refresh_paused_until=F("refresh_paused_until") - step,
            calls_reserved_until=F("calls_reserved_until") - step,
        )
        self.sandbox.advance(seconds)

    def is_claimed(self) -> bool:
        return Grant.objects.exclude(claimed_until=None).exists()

    # --- looking ---------------------------------------------------------------------------------

    def calls(self, app: WebexApp | None = None) -> list[Call]:
        """Refresh calls, oldest first."""
        client = {"client_id": app.client_id} if app else {}
        return self.sandbox.ledger.find(TOKEN, grant_type="refresh_token", **client)

    def under_way(self) -> int:
        return sum(call.finished is None for call in self.calls())

    def incidents(self, app: WebexApp) -> int:
        return AppIncident.objects.filter(app=app).count()

    def mails(self) -> list[str]:
        return [file.read_text() for file in sorted((self.folder / "mail").glob("*.log"))]
