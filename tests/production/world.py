"""One machine with everything on it."""

import os
import secrets
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from cryptography.fernet import Fernet
from django.db import DatabaseError, connection

from integrations.sandbox import Sandbox
from tests.faults.servers import ROOT, await_true
from tests.production.browser import Browser
from tests.production.portal import Portal
from tests.production.servers import MailSink, Nginx, PostgreSQL, Redis

PASSWORD = secrets.token_hex(8)
PEOPLE = ("alice", "bob", "carol", "dave")  # the last two browse all the time
SWEEP_EVERY = 5  # seconds


class World:
    """Django is set up for this process too: it fills the database and looks at it."""

    stage: Any
    browsers: list[Browser]

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.folder, self.sandbox = folder, sandbox
        self.database, self.redis = PostgreSQL(folder), Redis(folder)
        self.mail, self.portal = MailSink(), Portal(folder)
        self.nginx = Nginx(folder, self.portal.port)

    def start(self, *, grants: int) -> None:
        self.database.create()
        self.database.start()
        self.database.prepare()
        self.redis.start()
        os.environ.update(self._environment())
        import django

        django.setup()
        self.manage("migrate", "--verbosity=0")
        self.portal.start()
        self.nginx.start()
        self._fill(grants)
        self.browsers = [self.browser("acme", "carol"), self.browser("globex", "dave")]

    def _environment(self) -> dict[str, str]:
        return {
            "ENV_FILE": os.devnull,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PYTHONUNBUFFERED": "1",
            "SECRET_KEY": secrets.token_urlsafe(50),
            "FIELD_ENCRYPTION_KEY": Fernet.generate_key().decode(),
            "DATABASE_URL": self.database.url,
            "REDIS_URL": self.redis.url,
            "EMAIL_URL": self.mail.url,
            "ADMINS": "operator@example.com",
            "PORTAL_HOSTS": "admin.example.com",
            "BEHIND_TLS_PROXY": "on",
            "BRANDED_URL_TEMPLATE": f"https://{{hostname}}:{self.nginx.port}",
            "WEBEX_API_URL": self.sandbox.api_url,
            "API_REQUESTS_PER_MINUTE": "1000000",
            "METRICS_TOKEN": secrets.token_urlsafe(30),
            "LOG_FORMAT": "json",
            "REFRESH_SWEEP_EVERY": str(SWEEP_EVERY),
            "REFRESH_CALLS_PER_MINUTE": "0",
        }

    def _fill(self, grants: int) -> None:
        from django.contrib.auth.models import Group

        from accounts.models import User
        from integrations.models import WebexApp
        from tests.faults.registry import STRICT
        from tests.faults.stage import Stage

        run: Any = SimpleNamespace(name="production", rotation=STRICT)
        broker: Any = self.redis
        self.stage = Stage(run, self.folder, self.sandbox, self.database, broker)
        for name in ("Acme", "Globex"):
            app = self.stage.app(name, grants=grants // 2)
            registered = self.sandbox.state.integrations[app.client_id]
            registered.redirect_uris = (app.branded_urls.get().redirect_uri,)
            url = registered.authorization_url
            WebexApp.objects.filter(pk=app.pk).update(authorization_url=url)
        for name in PEOPLE:
            self.sandbox.state.person_by_email(f"{name}@acme.example") or self.sandbox.add_person(
                email=f"{name}@acme.example"
            )
            user = User.objects.create_user(name, f"{name}@portal.example", PASSWORD)
            user.groups.add(Group.objects.get(name="Webex users"))

    def browser(self, brand: str, username: str) -> Browser:
        """Signed in."""
        browser = Browser(f"{brand}.example.com", self.nginx.port, self.nginx.authority)
        browser.sign_in(username, PASSWORD)
        return browser

    def is_serving(self) -> bool:
        browser = Browser("acme.example.com", self.nginx.port, self.nginx.authority)
        return browser.get("/sign-in/").status == 200

    def await_renewals(self, seconds: float) -> None:
        def holds() -> bool:
            try:
                return bool(self.stage.nothing_due())
            except DatabaseError:
                connection.close()
                return False

        await_true(holds, seconds, "everything due to be renewed")

    def manage(self, *words: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "manage.py", *words]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)

    def status(self) -> str:
        """The exit code of `manage.py status` and its first sentence about it."""
        finished = self.manage("status")
        lines = [line for line in (finished.stdout + finished.stderr).splitlines() if line]
        about = [line for line in lines if line.startswith(("act now:", "look soon:"))]
        return f"{finished.returncode}: {(about or lines[-1:])[0][:110]}"

    def stop(self) -> None:
        connection.close()
        for part in (self.nginx, self.portal, self.redis, self.database):
            part.stop()
        time.sleep(0.1)
