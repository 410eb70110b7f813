"""Alice administers a partner's users; her bulk jobs run here, minutes of them in seconds."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group

from accounts.models import User
from integrations import clock
from integrations.models import BrandedURL, BulkJob, BulkRow, Grant, WebexApp
from integrations.provisioning.bulk import jobs, supply
from integrations.provisioning.bulk.work import work
from integrations.sandbox import Sandbox
from integrations.sandbox.core.broadworks import PARTNERS
from tests import linked
from tests.conftest import H1

PARTNER = PARTNERS[0]
PARTNER_ADMIN = f"pat@{PARTNER.domain}"
SUBSCRIBERS = "/v1/broadworks/subscribers"
Make = Callable[..., BulkJob]
Run = Callable[..., None]


@pytest.fixture
def portal(
    alice: User, acme: WebexApp, sandbox: Sandbox, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WEBEX_JOB_CALLS_PER_MINUTE = 0
    monkeypatch.setattr(supply, "NEXT_LOOK", 0.02)
    monkeypatch.setattr(supply, "LONG_WAIT", 0.0)  # `run` lets the time pass
    acme.default_provisioning_id = PARTNER.trusted_provisioning_id
    acme.save()
    sandbox.state.subscribers = 60


@pytest.fixture
def grant(portal: None, alice: User, sandbox: Sandbox) -> Grant:
    alice.groups.add(Group.objects.get(name="Webex provisioning"))
    brand = BrandedURL.objects.get(hostname=H1)
    return linked.link(alice, brand, sandbox, email=PARTNER_ADMIN)


@pytest.fixture
def make(grant: Grant) -> Callable[..., BulkJob]:
    def draft(content: str, operation: str = "provision") -> BulkJob:
        brand = BrandedURL.objects.get(hostname=H1)
        return jobs.make(
            user=grant.user, brand=brand, file_name="people.csv", content=content,
            operation=operation, now=clock.now(),
        )  # fmt: skip

    return draft


@pytest.fixture
def started(make: Callable[..., BulkJob]) -> Callable[..., BulkJob]:
    def start(*arguments: str) -> BulkJob:
        job = make(*arguments)
        jobs.start(job, now=clock.now())
        return job

    return start


@pytest.fixture
def run(sandbox: Sandbox, travel: Callable[..., None]) -> Callable[..., None]:
    """Turns of a worker with ten seconds between them, until the job is over."""

    def turns(job: BulkJob, *, most: int = 30) -> None:
        for _number in range(most):
            work(seconds=5)
            job.refresh_from_db()
            if not job.is_at_work:
                return
            pass_time(sandbox, travel, 10)

    return turns


def pass_time(sandbox: Sandbox, travel: Callable[..., None], seconds: float) -> None:
    travel(timedelta(seconds=seconds))
    sandbox.advance(seconds)


def people(*names: str, enterprise: str = "ParkBench+new", **columns: str) -> str:
    """A file that provisions them."""
    head = ["userId", "spEnterpriseId", "firstName", "lastName", "package", "email", "extension"]
    lines = [",".join([*head, *columns])]
    for number, name in enumerate(names):
        user = [f"{name}@new.example", enterprise, name.title(), "Newman", "standard"]
        user += [f"{name}@new.example", str(5100 + number)]
        lines.append(",".join([*user, *columns.values()]))
    return "\n".join(lines)


def row(name: str) -> BulkRow:
    return BulkRow.objects.get(broadworks_user_id=f"{name}@new.example")


def statuses(job: BulkJob) -> dict[str, str]:
    return dict(job.rows.order_by("line").values_list("broadworks_user_id", "status"))


def sent(sandbox: Sandbox) -> list[str]:
    """Users in the order in which Webex was asked to provision them."""
    return list(sandbox.ledger.provisions)
