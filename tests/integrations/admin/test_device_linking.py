"""Device linking in the form of an integration."""

import re

import pytest

from integrations.models import WebexApp

APPS = "/admin/integrations/webexapp/"
HELPER = "https://oauth-helper-{}.wbx2.com/helperservice/v1/actions/device/callback"


@pytest.mark.parametrize(("is_enabled", "regions"), [(True, "arkd"), (False, "")])
def test_device_linking_adds_webexs_four_helper_uris_to_register(paula, acme, is_enabled, regions):
    WebexApp.objects.update(device_linking_enabled=is_enabled)

    page = paula.get(f"{APPS}{acme.pk}/change/").text

    expected = [HELPER.format(region) for region in regions]
    assert re.findall(r"<code>\s*(https://oauth-helper-[^<\s]+)\s*</code>", page) == expected
    assert re.findall(r'data-copy="(https://oauth-helper-[^"]+)"', page) == expected
