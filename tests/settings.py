"""The project's own settings, fed from an environment made for tests. Keys are new in each run."""

import os
import secrets

from cryptography.fernet import Fernet

for name, value in {
    "ENV_FILE": "/dev/null",
    "SECRET_KEY": secrets.token_urlsafe(50),
    "FIELD_ENCRYPTION_KEY": Fernet.generate_key().decode(),
    "DATABASE_URL": "sqlite:///:memory:",
    "WEBEX_API_URL": "http://127.0.0.1:1/v1",  # each test that needs Webex starts a sandbox
    "PORTAL_HOSTS": "admin.example.com",
    "EMAIL_URL": "memorymail://",
    "LOG_LEVEL": "DEBUG",
}.items():
    os.environ.setdefault(name, value)

from config.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # speed only
# The names as they are: only a web server that starts (config.wsgi) makes hashed ones.
STORAGES["staticfiles"]["BACKEND"] = (  # noqa: F405
    "django.contrib.staticfiles.storage.StaticFilesStorage"
)
WHITENOISE_USE_FINDERS = True
