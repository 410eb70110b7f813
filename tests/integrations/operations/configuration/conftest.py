"""A document as a dict that a test changes before it is applied."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from integrations import clock
from integrations.errors import InvalidConfiguration, Remark, Unconfirmed
from integrations.models import BrandedURL, WebexApp
from integrations.operations import configuration
from integrations.operations.configuration import Plan

EMPTY: dict[str, Any] = {"version": 1, "integrations": {}, "hostnames": {}}


def exported() -> dict[str, Any]:
    return json.loads(configuration.export().text)


def plan(content: Any) -> Plan:
    return configuration.plan(json.dumps(content), now=clock.now())


def apply(content: Any, **options: Any) -> Plan:
    return configuration.apply(json.dumps(content), now=clock.now(), **options)


def sentences(plan: Plan) -> list[str]:
    return [change.sentence for change in plan.changes]


def by_path(remarks: tuple[Remark, ...] | list[Remark]) -> dict[str, str]:
    return {remark.path: remark.sentence for remark in remarks}


def app_of(hostname: str) -> WebexApp | None:
    return BrandedURL.objects.select_related("app").get(hostname=hostname).app


def faults_of(content: Any) -> dict[str, str]:
    with pytest.raises(InvalidConfiguration) as refused:
        plan(content)
    with pytest.raises(InvalidConfiguration):
        apply(content, confirmed=None)
    return by_path(refused.value.faults)


def questions_of(content: Any) -> dict[str, str]:
    with pytest.raises(Unconfirmed) as asked:
        apply(content)
    return by_path(asked.value.questions)


@pytest.fixture
def edited(db: None) -> Callable[..., dict[str, Any]]:
    """What is stored, with these fields of one integration or hostname changed."""

    def edit(kind: str, name: str, **changes: Any) -> dict[str, Any]:
        content = exported()
        content[kind].setdefault(name, {}).update(changes)
        return content

    return edit
