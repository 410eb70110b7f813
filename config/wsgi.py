"""The web application for gunicorn."""

import django
from django.core.wsgi import get_wsgi_application

from config.environment import load_settings_or_exit

load_settings_or_exit()
django.setup()

from config import static_files  # noqa: E402
from integrations.startup import check_key_or_exit  # noqa: E402

check_key_or_exit()
static_files.collect()
application = get_wsgi_application()
