"""Runs inside the processes of portal.py: makes its database and whoever is in it."""

from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import Group
from django.core.management import call_command

from accounts.models import User
from integrations import authorization_url, clock, tasks
from integrations.linking import device
from integrations.models import BrandedURL, DeviceAuthorization, Grant, WebexApp


def create(hostname: str, pasted: str, client_secret: str) -> None:
    call_command("migrate", verbosity=0)
    client_id = authorization_url.parse(pasted).client_id
    app = WebexApp(name="Acme", client_id=client_id, authorization_url=pasted)
    app.replace_secret(client_secret, now=clock.now())
    app.is_enabled = app.device_linking_enabled = True
    app.save()
    BrandedURL.objects.create(hostname=hostname, brand_name="Acme", app=app)


def sign_in(username: str) -> str:
    user, _ = User.objects.get_or_create(username=username)
    user.groups.add(Group.objects.get(name="Webex users"))
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


def forget_all() -> None:
    DeviceAuthorization.objects.all().delete()


def make_all_due() -> None:
    Grant.objects.update(refresh_due_at=clock.now())
    tasks.sweep.apply_async()


def start(count: int) -> None:
    """So many users with a device login each."""
    brand = BrandedURL.objects.select_related("app").get()
    for number in range(count):
        session_key = sign_in(f"user{number}")
        user = User.objects.get(username=f"user{number}")
        device.start(user=user, brand=brand, session_key=session_key, now=clock.now())
