"""Two brands, one integration, five people: enough to walk the whole story."""

from collections.abc import Callable
from io import BytesIO

from django.contrib.auth.models import Group
from django.db import transaction
from PIL import Image, ImageDraw

from accounts.models import User
from integrations import authorization_url, clock
from integrations.models import BrandedURL, WebexApp

HOSTNAMES = ("acme.localhost", "globex.localhost")
BRANDS = (("Acme Telecom", "#0b5cad"), ("Globex Voice", "#7a3e9d"))
PEOPLE = (
    ("alice", "Alice", "Adams", ("Webex users",)),
    ("bob", "Bob", "Brown", ("Webex users",)),
    ("pat", "Pat", "Partner", ("Webex provisioning",)),  # a partner administrator at Webex, too
    ("nina", "Nina", "North", ()),
)
PROVISIONING_ID = "UGFya0JlbmNoOnRydXN0ZWQ"  # of the sandbox's partner Park Bench


def create(password: str, *, register: Callable[[list[str]], dict[str, str]]) -> None:
    """Once; a second start finds everything as it was left."""
    if User.objects.exists():
        return
    brands = [_brand(*each) for each in zip(HOSTNAMES, BRANDS, strict=True)]
    registered = register([brand.redirect_uri for brand in brands])
    with transaction.atomic():
        create_people(password)
        app = _app(registered)
        for brand in brands:
            brand.app = app
            brand.save()


def _brand(hostname: str, look: tuple[str, str]) -> BrandedURL:
    name, color = look
    brand = BrandedURL(hostname=hostname, brand_name=name, accent_color=color)
    brand.set_logo(_logo(color))
    return brand


def _logo(color: str) -> bytes:
    """Three rising bars, drawn here so that the demo ships no picture of anybody's."""
    image, png = Image.new("RGBA", (96, 96), "#ffffff00"), BytesIO()
    draw = ImageDraw.Draw(image)
    for position, height in enumerate((28, 52, 80)):
        left = 10 + position * 28
        draw.rounded_rectangle((left, 88 - height, left + 20, 88), radius=6, fill=color)
    image.save(png, "PNG")
    return png.getvalue()


def create_people(password: str) -> None:
    if User.objects.exists():
        return
    User.objects.create_superuser("admin", "admin@portal.example", password, first_name="Admin")
    for username, first, last, roles in PEOPLE:
        user = User.objects.create_user(
            username, f"{username}@portal.example", password, first_name=first, last_name=last
        )
        user.groups.set(Group.objects.filter(name__in=roles))


def _app(registered: dict[str, str]) -> WebexApp:
    now, pasted = clock.now(), registered["authorization_url"]
    app = WebexApp(
        name="Demo portal",
        is_enabled=True,
        client_id=authorization_url.parse(pasted).client_id,
        authorization_url=pasted,
        authorization_url_pasted_at=now,
        default_provisioning_id=PROVISIONING_ID,
    )
    app.replace_secret(registered["client_secret"], now=now)
    app.save()
    return app
