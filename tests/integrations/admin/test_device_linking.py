"""Device linking in the form of an integration."""

import pytest

from integrations.models import WebexApp

APPS = "/admin/integrations/webexapp/"


@pytest.mark.parametrize("device_linking_enabled", [True, False])
def test_device_linking_adds_four_helper_uris_to_register(paula, acme, device_linking_enabled):
    WebexApp.objects.update(device_linking_enabled=device_linking_enabled)

    page = paula.get(f"{APPS}{acme.pk}/change/").text

    shown = page.count("<code>https://oauth-helper-")
    assert shown == (4 if device_linking_enabled else 0)
