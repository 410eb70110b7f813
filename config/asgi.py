"""The web application for ASGI servers."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_asgi_application()

from integrations.startup import check_key_or_exit  # noqa: E402

check_key_or_exit()
