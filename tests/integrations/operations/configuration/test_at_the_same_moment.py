"""Paula and Petra apply documents, or one of them saves a page, at the same moment."""

import threading
from functools import partial

import pytest
from django.db import connection, transaction

from integrations.errors import ConfigurationMoved
from integrations.models import BrandedURL, WebexApp
from integrations.operations import configuration
from tests.integrations.admin.conftest import change
from tests.integrations.admin.test_the_same_moment import at_once
from tests.integrations.operations.configuration.conftest import EMPTY, apply, exported, plan

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 4


def try_to_apply(content, **options):
    try:
        return apply(content, **options)
    except ConfigurationMoved:
        return None


def test_of_two_that_saw_the_same_one_is_applied(acme):
    for number in range(ROUNDS):
        expected, content = configuration.export().fingerprint, exported()
        both = []
        for name in ("Paula", "Petra"):
            acme_of = content["integrations"]["Acme"] | {
                "default_provisioning_id": f"{name} {number}"
            }
            new = {f"new-{name}-{number}.example.com": {"integration": "Acme"}}
            hosts = content["hostnames"] | new
            both.append(content | {"integrations": {"Acme": acme_of}, "hostnames": hosts})

        answers = at_once(*(partial(try_to_apply, each, expected=[expected]) for each in both))

        won = [content for content, answer in zip(both, answers, strict=True) if answer]
        assert len(won) == 1
        assert plan(won[0]).changes == []


@pytest.mark.parametrize("is_new", [False, True])
def test_of_two_that_saw_the_same_and_touch_nothing_in_common_one_is_applied(acme, globex, is_new):
    for number in range(ROUNDS):
        expected, content = configuration.export().fingerprint, exported()
        both = []
        for name in ("Acme", "Globex"):
            entries = content["integrations"]
            changed = {name: entries[name] | {"default_provisioning_id": f"P-{number}"}}
            entry = {f"{name} {number}": {}} if is_new else changed
            both.append(content | {"integrations": entries | entry})

        answers = at_once(*(partial(try_to_apply, each, expected=[expected]) for each in both))

        won = [content for content, answer in zip(both, answers, strict=True) if answer]
        assert len(won) == 1
        assert plan(won[0]).changes == []


def test_two_that_add_the_same_to_nothing_have_it_once():
    content = EMPTY | {"integrations": {"New": {}}, "hostnames": {"new.example.com": {}}}

    answers = at_once(partial(try_to_apply, content), partial(try_to_apply, content))

    assert any(answers)
    assert (WebexApp.objects.count(), BrandedURL.objects.count()) == (1, 1)


def test_a_page_that_is_saved_meanwhile_and_a_document_never_mix(staff, acme):
    paula = staff("paula", group="Provisioning administrators")
    for number in range(ROUNDS):
        expected, content = configuration.export().fingerprint, exported()
        content["integrations"]["Acme"]["default_provisioning_id"] = f"Document {number}"

        page, done = at_once(
            partial(change, paula, acme, default_provisioning_id=f"Page {number}"),
            partial(try_to_apply, content, expected=[expected]),
        )

        assert page.status_code in (200, 302)
        stored = WebexApp.objects.get().default_provisioning_id
        assert stored == f"Page {number}" or (done and stored == f"Document {number}")


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite locks all of the database")
def test_whoever_has_what_it_does_not_touch_keeps_it_waiting_for_nothing(acme, globex):
    is_held, is_done = threading.Event(), threading.Event()
    content = exported()
    content["integrations"]["Acme"]["default_provisioning_id"] = "Document"

    def hold():
        with transaction.atomic():
            WebexApp.objects.select_for_update().get(pk=globex.pk)
            is_held.set()
            return is_done.wait(10)

    def write():
        is_held.wait(10)
        apply(content)
        is_done.set()

    assert at_once(hold, write) == [True, None]
