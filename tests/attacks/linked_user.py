"""Alice, linked and signed in, in the database of the environment."""

from datetime import timedelta
from importlib import import_module

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.models import Group
from django.http import HttpRequest

from accounts.models import User
from integrations import clock
from integrations.models import BrandedURL, Grant, WebexApp
from integrations.tokens import Person, TokenSet

HOST = "portal-a.localhost:8000"


def make(
    client_id: str, secret: str, authorization_url: str, access: str, refresh: str, scope: str
) -> str:
    """Returns her session key."""
    now = clock.now()
    user = User.objects.create_user("alice", password="correct horse")
    user.groups.add(Group.objects.get(name="Webex users"))
    app = WebexApp(name="Acme", is_enabled=True, client_id=client_id)
    app.authorization_url = authorization_url
    app.replace_secret(secret, now=now)
    app.save()
    BrandedURL.objects.create(hostname=HOST.partition(":")[0], app=app)
    tokens = TokenSet(access, now + timedelta(days=9), refresh, None, frozenset(scope.split()))
    grant = Grant.objects.create(user=user, app=app)
    grant.store(tokens, now=now, person=Person("P1", "alice@acme.example"))
    return sign_in(user)


def sign_in(user: User) -> str:
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore()
    auth.login(request, user, "django.contrib.auth.backends.ModelBackend")
    request.session.save()
    return request.session.session_key
