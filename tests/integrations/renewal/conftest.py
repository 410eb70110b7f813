"""A client secret that is changed while the one before it is kept."""

import pytest

from integrations import clock
from integrations.models import WebexApp
from integrations.operations import readiness


def replace(app, secret):
    app = WebexApp.objects.get(pk=app.pk)
    app.replace_secret(secret, now=clock.now())
    app.save()
    return app


@pytest.fixture
def mistyped(acme):
    """The new secret is wrong; Webex goes on accepting the one before it."""
    return replace(acme, "mistyped")


@pytest.fixture
def regenerated(acme, sandbox):
    """As Webex does it: the one before it has ended."""
    sandbox.state.integrations[acme.client_id].client_secret = "regenerated"
    return replace(acme, "regenerated")


def panel(app):
    app = WebexApp.objects.get(pk=app.pk)
    return readiness.check_all([app], now=clock.now())[app.pk]
