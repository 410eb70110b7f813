"""The look of a hostname: its stylesheet and logo, and nobody else's."""

import re
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from integrations.models import BrandedURL
from tests.conftest import H1, H2, H3

BRANDS = "/admin/integrations/brandedurl/"


@pytest.fixture
def brand(acme):
    brand = BrandedURL.objects.get(hostname=H1)
    brand.accent_color = "#aa3300"
    brand.save()
    return brand


@pytest.fixture
def visitor(browser, brand):
    return browser(None)


def picture(kind="PNG", size=(600, 300)):
    image = BytesIO()
    Image.new("RGB", size, "red").save(image, kind)
    return image.getvalue()


def stylesheet(brand):
    return f"/brand/{brand.stylesheet_digest}/brand.css"


def test_a_page_links_the_stylesheet_of_its_brand(visitor, brand):
    assert f'href="{stylesheet(brand)}"' in visitor.get("/sign-in/").text
    assert re.search(r"<title>\s*Sign in\s+· Acme\s*</title>", visitor.get("/sign-in/").text)


def test_the_stylesheet_may_be_kept_forever(visitor, brand):
    response = visitor.get(stylesheet(brand))

    assert response.text.startswith(":root { --accent: #aa3300; --on-accent: #ffffff; ")
    assert response["Content-Type"] == "text/css"
    assert "immutable" in response["Cache-Control"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert not response.cookies


@pytest.mark.parametrize(
    ("accent", "text"),
    [("#000000", "#ffffff"), ("#ffffff", "#10141a"), ("#ffee00", "#10141a"),
     ("#1f5fbf", "#ffffff")],
)  # fmt: skip
def test_text_on_the_accent_colour_is_readable(visitor, brand, accent, text):
    brand.accent_color = accent
    brand.save()

    assert f"--on-accent: {text};" in visitor.get(stylesheet(brand)).text


def test_a_changed_colour_has_another_url(visitor, brand):
    before = stylesheet(brand)
    brand.accent_color = "#00aa33"
    brand.save()

    assert visitor.get(before).status_code == 404
    assert "#00aa33" in visitor.get(stylesheet(brand)).text


def test_the_stylesheet_of_another_brand_does_not_exist(browser, brand):
    assert browser(None, H3).get(stylesheet(brand)).status_code == 404


@pytest.mark.parametrize(
    "color", ["red", "#fff", "#12345g", "#123456;", "#123456\n", "}*{}", "url(//evil.example)"]
)
def test_a_hostile_colour_is_refused_and_never_served(visitor, brand, color):
    brand.accent_color = color
    with pytest.raises(ValidationError):
        brand.full_clean()

    BrandedURL.objects.filter(pk=brand.pk).update(accent_color=color[:7])

    answers = [
        visitor.get(stylesheet(BrandedURL(accent_color=text))) for text in (color, color[:7])
    ]
    assert not any("evil" in answer.text or answer.status_code == 500 for answer in answers)
    if color[:7] != "#123456":
        assert [answer.status_code for answer in answers] == [404, 404]


# --- Logos --------------------------------------------------------------------------------------


@pytest.fixture
def upload(browser, root, brand):
    client = browser(root, "admin.example.com")

    def send(content, name="logo.png", **changes):
        fields = {
            "hostname": H1,
            "brand_name": "Acme",
            "accent_color": "#aa3300",
            "app": brand.app_id,
        }
        fields["new_logo"] = SimpleUploadedFile(name, content) if content else ""
        return client.post(f"{BRANDS}{brand.pk}/change/", {**fields, **changes})

    return send


def logo_url():
    return f"/brand/{BrandedURL.objects.get(hostname=H1).logo_digest}/logo.png"


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_an_uploaded_logo_is_made_anew_and_shown(upload, visitor, kind):
    original = picture(kind)

    assert upload(original).status_code == 302

    response = visitor.get(logo_url())
    assert response["Content-Type"] == "image/png"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in response["Cache-Control"]
    assert response.content != original
    assert Image.open(BytesIO(response.content)).size == (320, 160)
    assert logo_url() in visitor.get("/sign-in/").text


def test_a_picture_with_a_script_behind_it_loses_the_script(upload, visitor):
    upload(picture() + b"<script>alert(1)</script>")

    assert b"<script>" not in visitor.get(logo_url()).content


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_only_the_pixels_of_a_picture_are_kept(upload, visitor, kind):
    hidden = b"<script>alert(1)</script>" * 40
    exif = Image.Exif()
    exif[0x010E] = hidden.decode()  # the description
    image = BytesIO()
    Image.new("RGB", (60, 30)).save(image, kind, icc_profile=hidden, exif=exif, comment=hidden)
    assert hidden[:20] in image.getvalue() or kind == "PNG"  # there it is compressed

    assert upload(image.getvalue()).status_code == 302

    kept = Image.open(BytesIO(visitor.get(logo_url()).content))
    assert (kept.info, dict(kept.getexif())) == ({}, {})


@pytest.mark.parametrize(
    "content",
    [b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", b"GIF89a", b"x" * 100,
     picture() + b"x" * 110_000, picture(size=(4001, 1)), picture()[:60], picture("BMP")],
    ids=["svg", "gif", "nonsense", "too large", "too wide", "cut", "bmp"],
)  # fmt: skip
def test_anything_but_a_small_png_or_jpeg_is_refused(upload, content):
    response = upload(content)

    assert response.status_code == 200
    assert response.context["adminform"].form.errors["new_logo"]
    assert BrandedURL.objects.get(hostname=H1).logo is None


def test_a_logo_stays_until_it_is_removed(upload, visitor):
    upload(picture())
    address = logo_url()

    upload(None, brand_name="Acme Corporation")
    assert visitor.get(address).status_code == 200

    upload(None, remove_logo="on")
    assert visitor.get(address).status_code == 404


def test_the_logo_of_another_brand_does_not_exist(upload, browser):
    upload(picture())

    assert browser(None, H3).get(logo_url()).status_code == 404


@pytest.mark.parametrize("digest", ["x", "0" * 32, "-", "a" * 500])
@pytest.mark.parametrize("name", ["brand.css", "logo.png"])
def test_an_unknown_digest_is_not_found(visitor, globex, digest, name):
    assert visitor.get(f"/brand/{digest}/{name}").status_code == 404
    assert visitor.get(f"/brand/{digest}/{name}", HTTP_HOST=H2).status_code == 404
