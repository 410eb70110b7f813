"""A twentieth of all screens against the rules of tests/e2e/screens (SCREENS_PART picks another).

All of them, in every size and language, with pictures: `python -m tests.e2e.screens DIR`.
"""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.screens.looking import SCREENS, Look, see, world

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PARTS = 20
PART = int(os.environ.get("SCREENS_PART", 0)) % PARTS


def test_screens_keep_the_rules(chromium: Browser, tmp_path: Path) -> None:
    screens = [each for each in SCREENS if not each.is_empty][PART::PARTS]
    found = []
    with world(tmp_path, is_empty=False) as place:
        place.freshen()
        for language, width in (("de", 390), ("en", 1360)):
            look = Look(chromium, place, language)
            found += [fault for each in screens for fault in see(look, each, width)]
            look.context.close()

    assert found == [], f"again with SCREENS_PART={PART}"
