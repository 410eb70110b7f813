"""Fields with a value on each line, sent as browsers send them: with CRLF."""

import pytest
from django.contrib.auth.models import Group

from integrations import clock
from integrations.models import AuditEvent, IdentityProvider, WebhookEndpoint
from tests.integrations.admin.conftest import ADMIN_HOST, errors
from tests.integrations.admin.test_two_admins import Opened
from tests.pages import fields_of

A, B = "portal-a.example.com", "portal-a2.example.com"


@pytest.fixture
def root_browser(browser, root):
    return browser(root, ADMIN_HOST)


@pytest.fixture
def webhook(acme, alice):
    def make(*hostnames):
        return WebhookEndpoint.objects.create(
            name="CRM", url="https://hooks.example.com/", events=["grant.linked"],
            hostnames=[*hostnames], is_enabled=False, set_up_by=alice, created_at=clock.now(),
        )  # fmt: skip

    return make


@pytest.fixture
def provider(db):
    made = IdentityProvider.objects.create(
        name="Acme", issuer="https://id.acme.example", client_id="portal", is_enabled=False,
        settings_groups=["desk", "night desk"],
    )  # fmt: skip
    for theirs, ours in (("all", "Webex users"), ("desk", "Webex support")):
        made.mapped_groups.create(theirs=theirs, ours=Group.objects.get(name=ours))
    return made


def test_hostnames_of_a_webhook_are_changed_from_any_number_to_any(root_browser, webhook):
    endpoint = webhook()

    for chosen in ([A], [B], [A, B], [A], [], [A, B], []):
        answer = Opened(root_browser, endpoint).save(hostnames="\r\n".join(chosen))
        assert answer.status_code == 302, errors(answer)
        endpoint.refresh_from_db()
        assert endpoint.hostnames == chosen


@pytest.mark.parametrize(
    ("before", "posted"),
    [
        ([], {}),
        ([A], {}),
        ([A, B], {}),
        ([A, B], {"initial-hostnames": f"{A}\n{B}"}),
        ([A, B], {"hostnames": f"\r\n {B.upper()}. \r\n\r\n{A}\r\n{A}\r\n"}),
    ],
)
def test_whoever_renames_a_webhook_does_not_answer_for_it(
    root_browser, webhook, alice, before, posted
):
    endpoint = webhook(*before)

    answer = Opened(root_browser, endpoint).save(name="New CRM", **posted)

    assert answer.status_code == 302, errors(answer)

    endpoint.refresh_from_db()
    assert (endpoint.name, endpoint.hostnames) == ("New CRM", before)
    assert endpoint.set_up_by == alice
    assert AuditEvent.objects.get(action="webhook.changed").changed == ["name"]


def test_two_who_change_the_same_lines_are_told_and_the_second_look_saves(root_browser, webhook):
    endpoint = webhook(A, B)
    first, second = Opened(root_browser, endpoint), Opened(root_browser, endpoint)
    second.save(hostnames=B)

    refused = first.save(hostnames=A)

    assert f"root changed this to “{B}”" in errors(refused)["hostnames"]
    again = fields_of(refused.text, "webhookendpoint_form")
    assert root_browser.post(first.path, again).status_code == 302
    endpoint.refresh_from_db()
    assert endpoint.hostnames == [A]


def test_groups_and_roles_of_a_provider_are_changed(root_browser, provider):
    opened = Opened(root_browser, provider)
    assert opened.fields["roles"] == ["all -> Webex users\r\ndesk -> Webex support"]

    answer = opened.save(settings_groups="desk\r\n\r\nday desk")

    assert answer.status_code == 302, errors(answer)
    provider.refresh_from_db()
    assert provider.settings_groups == ["desk", "day desk"]
    assert AuditEvent.objects.get(action="identity_provider.changed").changed == ["settings_groups"]
    answer = Opened(root_browser, provider).save(roles="desk -> Webex support\r\nx -> Webex users")
    assert answer.status_code == 302, errors(answer)
    assert {*provider.mapped_groups.values_list("theirs", flat=True)} == {"desk", "x"}
