"""Every column of ours is encrypted, cannot hold a secret, or is named here as readable.

Whoever makes a column that holds text decides: an `EncryptedTextField`, or a line below. What is
named below may stand in a backup, in a fixture and on an admin's screen.
"""

import pytest
from django.apps import apps
from django.db import models
from django.test.utils import isolate_apps

from integrations.fields import EncryptedTextField

HOLDS_NO_TEXT = (
    models.BooleanField, models.DateTimeField, models.FloatField, models.ForeignKey,
    models.IntegerField,
)  # fmt: skip

READABLE = {
    "accounts.User": {
        "password",  # a hash
        "username", "first_name", "last_name", "email", "language",
    },
    "accounts.SignInFailure": {"username", "network", "browser"},  # digests but for the network
    "integrations.ApiKey": {
        "digest",  # of 256 random bits
        "name", "prefix", "scopes", "app_ids", "hostname_ids", "last_used_address",
    },
    "integrations.AppIncident": {"reason"},
    "integrations.AuditEvent": {
        "action", "result", "reason", "changed", "actor_kind", "actor_name", "hostname", "address",
        "request_id", "object_type", "object_id", "object_label", "tracking_id",
    },
    "integrations.AuthorizationRequest": {
        "state",  # of no use without the cookie of its browser
        "browser_binding",  # a digest
        "client_id", "redirect_uri", "next_path", "hostname", "client_secret_fingerprint",
    },
    "integrations.BrandedURL": {
        "hostname", "brand_name", "accent_color", "logo", "logo_digest", "language", "sign_in_rule",
    },
    "integrations.BulkJob": {
        "id", "person_id", "hostname", "file_name", "columns", "status", "stop_reason",
        "tracking_id",
    },
    "integrations.BulkRow": {
        "cells", "problems", "remarks",  # of a file that is deleted after a while
        "broadworks_user_id", "enterprise_id", "operation", "status", "gate", "webex_status",
        "subscriber_id", "person_id", "error_code", "description", "tracking_id", "claimed_by",
    },
    "integrations.ConnectLink": {"digest", "purpose"},
    "integrations.Count": {"series"},
    "integrations.DeviceAuthorization": {
        "user_code", "verification_uri", "verification_uri_complete",  # for the user's eyes
        "id", "client_id", "hostname", "status", "reason", "tracking_id", "claimed_by",
        "client_secret_fingerprint",
    },
    "integrations.Grant": {
        "hostname",
        "status", "scope", "person_id", "person_email", "person_name", "org_id", "org_name",
        "last_error", "last_tracking_id", "claimed_by",
        "capability",  # what the Webex person was seen to be able to do
    },
    "integrations.GrantEvent": {"kind", "reason", "tracking_id"},
    "integrations.Heartbeat": {"name"},
    "integrations.IdempotentRequest": {"owner", "value", "digest", "content_type"},
    "integrations.Identity": {"subject", "gives"},
    "integrations.IdentityProvider": {
        "name", "issuer", "client_id", "client_secret_fingerprint", "scopes", "groups_claim",
        "settings_groups", "second_factor_values", "portal_rule",
    },
    "integrations.KeyCensus": {"counts"},  # and fingerprints of keys
    "integrations.Lease": {"name"},
    "integrations.MappedGroup": {"theirs"},
    "integrations.SecondFactor": {"recovery_codes"},  # digests
    "integrations.WatchedSubscriber": {
        "key",  # a digest
        "org_id", "webex_id", "person_id", "broadworks_user_id", "enterprise_id", "package",
        "status",
    },
    "integrations.WebexApp": {
        "client_secret_fingerprint", "previous_client_secret_fingerprint",  # keyed, eight digits
        "name", "client_id", "authorization_url", "default_provisioning_id", "pause_reason",
        "client_answer", "hostname_of_older_grants",
    },
    "integrations.WebhookDelivery": {
        "body",  # what others may read, and is deleted after a while
        "event_id", "event_type", "hostname", "order_key", "state", "trouble", "claimed_by",
    },
    "integrations.WebhookEndpoint": {
        "name", "url", "events", "app_ids", "hostnames", "off_reason",
    },
}  # fmt: skip


def text_columns(model: type[models.Model]) -> set[str]:
    exempt = (EncryptedTextField, *HOLDS_NO_TEXT)
    columns = model._meta.local_concrete_fields
    return {column.name for column in columns if not isinstance(column, exempt)}


def test_whatever_may_hold_text_is_encrypted_or_named_as_readable() -> None:
    ours = [
        model
        for model in apps.get_models(include_auto_created=True)
        if model.__module__.split(".")[0] in ("accounts", "config", "integrations")
    ]

    found = {model._meta.label: text_columns(model) for model in ours}

    assert {label: columns for label, columns in found.items() if columns} == READABLE


@pytest.mark.parametrize(
    "column",
    [
        models.CharField(max_length=9), models.TextField(), models.JSONField(), models.UUIDField(),
        models.BinaryField(), models.URLField(), models.SlugField(), models.FileField(),
        models.GenericIPAddressField(), models.DurationField(),
    ],
    ids=lambda column: type(column).__name__,
)  # fmt: skip
@isolate_apps("integrations")
def test_a_new_column_of_any_kind_that_can_hold_a_secret_is_noticed(column: models.Field) -> None:
    class Backdoor(models.Model):  # noqa: DJ008
        token = column

        class Meta:
            app_label = "integrations"

    assert text_columns(Backdoor) == {"token"}


@isolate_apps("integrations")
def test_an_encrypted_column_needs_no_line() -> None:
    class Vault(models.Model):  # noqa: DJ008
        token = EncryptedTextField()

        class Meta:
            app_label = "integrations"

    assert text_columns(Vault) == set()
