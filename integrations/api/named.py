"""Whom and where a request means, as far as whoever asks reaches."""

from django.utils.translation import gettext as _

from accounts.models import User
from integrations.api import problems
from integrations.api.authentication import Client
from integrations.api.problems import Problem
from integrations.models import BrandedURL, Grant, administered


def user(client: Client, username: str, brand: BrandedURL) -> User:
    """Raises Problem where there is none, or whoever made the key must not ask about them there."""
    found = User.objects.filter(username=username).first()
    if found is None or not administered.may_name(found, brand.app, by=client.maker):
        raise problems.not_found("user")
    return found


def brand(client: Client, hostname: str, *, is_look: bool = False) -> BrandedURL:
    """Raises Problem where there is none, or the key does not reach it.

    For a mere look it may be some seconds old; not for keys whose reach depends on it.
    """
    known = BrandedURL.objects
    find = known.lately_serving if is_look and client.reach.app_ids is None else known.serving
    found = find(hostname)
    if found is None or not client.reach.covers(app_id=found.app_id, hostname_id=found.pk):
        raise problems.not_found("hostname")
    return found


def check_rights(user: User, *rights: str) -> None:
    """Raises Problem where the user lacks one of them, or is not active."""
    if not user.is_active or not all(user.has_perm(f"integrations.{each}") for each in rights):
        raise Problem(403, "user_may_not", _("This user may not do that in this portal."))


def whom(
    client: Client, username: str | None, hostname: str | None
) -> tuple[User, BrandedURL | None]:
    """In whose name: a key names both, and reaches the link that they have there; a page of the
    portal is about its own user at its own hostname.
    """
    if client.user is not None:
        here = client.brand.hostname if client.brand else ""
        if username not in (None, client.user.username) or hostname not in (None, here):
            text = _("A page may ask about its own user and hostname only.")
            raise Problem(403, "own_only", text)
        return client.user, client.brand
    name, found = both(client, username, hostname)
    named = user(client, name, found)
    if client.reach.hostname_ids is not None:
        link = Grant.objects.filter(user=named, app=found.app)
        if link.exists() and not link.filter(administered.linked_within(client.reach)).exists():
            raise problems.not_found("user")
    return named, found


def both(
    client: Client, username: str | None, hostname: str | None, *, is_look: bool = False
) -> tuple[str, BrandedURL]:
    """What a key must name. Raises Problem."""
    if not username or not hostname:
        text = _("A key says whom and where it means: user and hostname.")
        raise Problem(422, "invalid_request", text)
    return username, brand(client, hostname, is_look=is_look)
