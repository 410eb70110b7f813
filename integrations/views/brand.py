"""The look of a hostname: a stylesheet and a logo under URLs that change with their content."""

import re

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from integrations.middleware import PortalRequest
from integrations.models import BrandedURL

FOREVER = "public, max-age=31536000, immutable"


@require_safe
def stylesheet(request: PortalRequest, digest: str) -> HttpResponse:
    brand = request.brand
    if brand is None or digest != brand.stylesheet_digest:
        raise Http404
    accent = brand.accent_color
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", accent):
        raise Http404  # never into a stylesheet unchecked
    css = f":root {{ --accent: {accent}; --on-accent: {_readable_on(accent)}; }}\n"
    return HttpResponse(css, content_type="text/css", headers={"Cache-Control": FOREVER})


@require_safe
def logo(request: PortalRequest, digest: str) -> HttpResponse:
    hostname = request.brand.hostname if request.brand else ""
    brand = get_object_or_404(BrandedURL, hostname=hostname, logo_digest=digest)
    return HttpResponse(
        bytes(brand.logo or b""), content_type="image/png", headers={"Cache-Control": FOREVER}
    )


def _readable_on(color: str) -> str:
    """White or near-black, whichever contrasts more (WCAG 2.2 relative luminance)."""
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return "#ffffff" if 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.055 else "#10141a"
