"""The sandbox as tests and commands use it: start, register, play the person, break things."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from integrations.sandbox.console import control, control_api, developer, mails
from integrations.sandbox.core.directory import SIZE
from integrations.sandbox.core.entities import Integration, Person
from integrations.sandbox.core.faults import Fault
from integrations.sandbox.core.grants import begin, granted_scopes, grants_of, revoke_grant
from integrations.sandbox.core.http import Params
from integrations.sandbox.core.ledger import Ledger
from integrations.sandbox.core.scenario import Scenario
from integrations.sandbox.core.scopes import MINIMUM_SCOPES
from integrations.sandbox.core.state import State
from integrations.sandbox.core.storage import StateFile
from integrations.sandbox.webex import (
    access_token,
    activation_mails,
    authorize,
    device,
    enterprises,
    people,
    reports,
    rest,
    sign_in,
    subscribers,
    workspaces,
)
from integrations.sandbox.wire import pages
from integrations.sandbox.wire.server import SandboxServer

PARTS = (
    access_token,
    authorize,
    device,
    people,
    subscribers,
    enterprises,
    workspaces,
    activation_mails,
    reports,
    rest,
    sign_in,
    developer,
    control,
    control_api,
    mails,
    pages,
)
ROUTES = [route for part in PARTS for route in part.routes.entries]
LEDGER_SIZE = 2000


class Sandbox:
    """A stand-in for Webex on a port of its own; port 0 takes a free one at the first start.

    With `state_path` it survives restarts and keeps only the ledger's newest entries.
    """

    def __init__(
        self,
        port: int = 0,
        host: str = "127.0.0.1",
        state_path: str | os.PathLike[str] | None = None,
        sign_in_host: str | None = None,
        subscribers: int = SIZE,
        mail_folder: str | os.PathLike[str] | None = None,
    ) -> None:
        self.host = host
        self.port = port
        ledger_size = LEDGER_SIZE if state_path else None
        self.state = State(
            sign_in_host=sign_in_host, ledger_size=ledger_size, subscribers=subscribers
        )
        self.state.mail_folder = Path(mail_folder) if mail_folder else None
        self._file = StateFile(state_path, self.state) if state_path else None
        if not (self._file and self._file.load()):
            self.state.add_default_people()
        self._server: SandboxServer | None = None

    def __enter__(self) -> Sandbox:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Raises OSError where the port is taken."""
        self._server = SandboxServer(self.host, self.port, state=self.state, routes=ROUTES)
        self.port = self._server.server_port
        self.state.serve_at(self.api_url)
        if self._file:
            self._file.start()
        threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.02},
            name="sandbox",
            daemon=True,
        ).start()

    def stop(self) -> None:
        """Hang up on all clients; a later start serves the same port with the same state."""
        if self._server:
            self._server.stop()
            self._server = None
        if self._file:
            self._file.stop()

    @property
    def origin(self) -> str:
        name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)
        name = f"[{name}]" if ":" in name and not name.startswith("[") else name
        return f"http://{name}:{self.port}"

    @property
    def api_url(self) -> str:
        return f"{self.origin}/v1"

    @property
    def scenario(self) -> Scenario:
        return self.state.scenario

    @property
    def ledger(self) -> Ledger:
        return self.state.ledger

    def register(
        self,
        *,
        name: str = "Integration",
        redirect_uris: Iterable[str] = ("https://www.example.com",),
        scopes: Iterable[str] = MINIMUM_SCOPES,
    ) -> Integration:
        return self.state.register(name=name, redirect_uris=redirect_uris, scopes=scopes)

    def person(self, email: str) -> Person:
        """Raises KeyError for an unknown email."""
        person = self.state.person_by_email(email)
        if person is None:
            raise KeyError(email)
        return person

    def add_person(
        self,
        *,
        email: str,
        display_name: str = "",
        org_name: str = "Acme Corporation",
        roles: Iterable[str] = (),
    ) -> Person:
        display_name = display_name or email.partition("@")[0].replace(".", " ").title()
        return self.state.add_person(
            email=email, display_name=display_name, org_name=org_name, roles=roles
        )

    def accept(self, authorize_url: str, email: str) -> str:
        """The redirect a browser would follow after Accept, or at once if the request is refused.

        Raises PageError where Webex would show a page of its own and never send the browser back.
        """
        return self._decide(authorize_url, email, accept=True)

    def decline(self, authorize_url: str, email: str) -> str:
        return self._decide(authorize_url, email, accept=False)

    def grant(
        self, email: str, client_id: str, scopes: Iterable[str] | None = None
    ) -> dict[str, Any]:
        """Tokens without the consent round trip: what the token endpoint would have answered."""
        with self.state.lock:
            integration = self.state.integrations[client_id]
            asked = integration.scopes if scopes is None else tuple(scopes)
            given = granted_scopes(self.state, asked)
            return begin(self.state, integration, self.person(email), given)

    def revoke(self, person_email: str, client_id: str) -> int:
        """Revoke a person's grants to a client, tokens and all; how many there were."""
        with self.state.lock:
            person_ids = {self.person(person_email).id}
            grants = grants_of(self.state, client_id=client_id, person_ids=person_ids)
            for grant in grants:
                revoke_grant(self.state, grant)
            return len(grants)

    def fault(
        self,
        path: str,
        *,
        status: int | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str | None] | None = None,
        delay: float = 0,
        cut: str | None = None,
        drip: float | None = None,
        endless: bool = False,
        after: bool = False,
        times: int | None = 1,
        client_id: str | None = None,
        person: str | None = None,
    ) -> Fault:
        """Break the next `times` calls to a path; see Fault for what each argument means."""
        return self.state.faults.add(
            Fault(
                path,
                status=status,
                body=body,
                headers=headers or {},
                delay=delay,
                cut=cut,
                drip=drip,
                endless=endless,
                after=after,
                times=times,
                client_id=client_id,
                person=person,
            )
        )

    def clear_faults(self) -> None:
        self.state.faults.clear()

    def advance(self, seconds: float) -> None:
        """Move the sandbox's clock."""
        with self.state.lock:
            self.state.set_clock(self.state.clock_offset + seconds)

    def reset(self) -> None:
        self.state.reset()

    def _decide(self, authorize_url: str, email: str, *, accept: bool) -> str:
        person = self.person(email)
        with self.state.lock:
            try:
                params = Params(urlsplit(authorize_url).query)
                transaction = authorize.open_transaction(self.state, params)
            except authorize.ErrorRedirect as refusal:
                return refusal.location
            authorize.check_organization(self.state)
            transaction.person_id = person.id
            decide = authorize.accepted if accept else authorize.declined
            return decide(self.state, transaction)
