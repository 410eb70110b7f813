"""No table grows without bound: rows that are old enough go, in small steps, or cannot be many.

Generated from the models there are, so a new one has to answer, too.
"""

from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps
from django.db import connection, models

from accounts.models import User
from integrations import clock
from integrations.models import (
    BrandedURL,
    BulkJob,
    DeviceAuthorization,
    Grant,
    WebexApp,
    WebhookEndpoint,
)
from integrations.operations import audit, housekeeping
from integrations.provisioning.bulk import jobs

CANNOT_GROW = {
    "accounts.SessionOwner": "goes with the session, or in the next tidying after it",
    "accounts.User": "a user goes when an administrator deletes them",
    "accounts.User_groups": "goes with user and group",
    "accounts.User_user_permissions": "goes with user and permission",
    "auth.Group": "an administrator makes each",
    "auth.Group_permissions": "goes with group and permission",
    "auth.Permission": "a few for each model",
    "contenttypes.ContentType": "one for each model",
    "integrations.ApiKey": "an administrator makes each",
    "integrations.BrandedURL": "an administrator makes each",
    "integrations.Grant": "one for each user and integration; goes with either",
    "integrations.Identity": "one for each user and identity provider",
    "integrations.IdentityProvider": "an administrator makes each",
    "integrations.KeyCanary": "one row",
    "integrations.KeyCensus": "one for each key and kind of column",
    "integrations.LimitedAdministrator": "one for each user; goes with them",
    "integrations.LimitedAdministrator_hostnames": "goes with user and hostname",
    "integrations.MappedGroup": "an administrator makes each",
    "integrations.SecondFactor": "one for each user",
    "integrations.WebexApp": "an administrator makes each",
    "integrations.WebhookEndpoint": "an administrator makes each",
}
ROWS = 7
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
ENDED = {
    DeviceAuthorization: {"status": DeviceAuthorization.Status.LINKED},
    WebhookEndpoint: {"is_enabled": False},
}


def growing():
    models_ = apps.get_models(include_auto_created=True)
    return [model for model in models_ if model._meta.label not in CANNOT_GROW]


@pytest.fixture
def in_steps_of_two(monkeypatch):
    monkeypatch.setattr(housekeeping, "STEP", 2)
    monkeypatch.setattr(audit, "FORGOTTEN_AT_ONCE", 2)
    monkeypatch.setattr(jobs, "AT_ONCE", 2)


def is_wanted(field):
    """What a row cannot be without, and every moment."""
    is_made = isinstance(field, models.AutoField) or field.has_db_default()
    is_moment = isinstance(field, models.DateTimeField)
    return is_moment or not (field.null or field.has_default() or is_made)


@pytest.fixture
def make(acme, link):
    """Rows of that model from long ago."""
    there = {Grant: link("alice", acme), User: User.objects.get(), WebexApp: acme}
    there[BrandedURL] = acme.branded_urls.first()

    def value_of(field, number):
        if isinstance(field, models.ForeignKey):
            return one_of(field.related_model)
        if isinstance(field, models.DateTimeField):
            return LONG_AGO + timedelta(minutes=number)
        if isinstance(field, models.CharField | models.TextField):
            return (field.choices or [[f"worker {number}"]])[0][0][: field.max_length]
        return number

    def one_of(model):
        if model not in there:
            there[model] = make_rows(model, 1)[0]
        return there[model]

    def make_rows(model, count=ROWS):
        fields = [field for field in model._meta.concrete_fields if is_wanted(field)]
        rows = [{field.name: value_of(field, n) for field in fields} for n in range(count)]
        return model._base_manager.bulk_create(model(**row | ENDED.get(model, {})) for row in rows)

    return make_rows


@pytest.mark.parametrize("model", growing(), ids=lambda model: model._meta.label)
def test_what_is_old_goes_in_small_steps(make, in_steps_of_two, model):
    make(model)
    deleted = []

    def watch(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if sql.startswith(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}"):
            deleted.append(context["cursor"].rowcount)
        return result

    with connection.execute_wrapper(watch):
        housekeeping.tidy(now=clock.now())

    assert not model._base_manager.exists()
    assert max(deleted) <= (2 if model is not BulkJob else 1)
    assert sum(deleted) >= ROWS


def test_reasons_are_given_for_models_that_there_are():
    labels = {model._meta.label for model in apps.get_models(include_auto_created=True)}

    assert CANNOT_GROW.keys() <= labels
