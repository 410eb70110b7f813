"""The web application for gunicorn."""

from django.core.wsgi import get_wsgi_application

from config.environment import load_settings_or_exit

load_settings_or_exit()
application = get_wsgi_application()

from integrations.startup import check_key_or_exit  # noqa: E402

check_key_or_exit()
