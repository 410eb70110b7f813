"""`.env.example` is the list of settings that operators read."""

import re

from tests.config.processes import ROOT


def test_it_lists_every_setting_and_no_other():
    read = re.findall(r'env\.\w+\(\s*"(\w+)"', (ROOT / "config" / "settings.py").read_text())
    listed = re.findall(r"(?m)^(\w+)=", (ROOT / ".env.example").read_text())

    assert sorted(listed) == sorted(set(read) - {"ENV_FILE"})  # which says where the file is
