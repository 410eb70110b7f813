import pytest

from tests.integrations.admin.conftest import ADMIN_HOST, sam, staff  # noqa: F401


@pytest.fixture
def root_browser(root, browser):
    return browser(root, ADMIN_HOST)
