"""Messages travel in a signed cookie of this host only: cheaper than a session write for each."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage


class HostCookieStorage(CookieStorage):
    cookie_name = "__Host-messages" if settings.HTTPS else "messages"
