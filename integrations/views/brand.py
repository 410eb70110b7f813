"""The look of a hostname: a stylesheet and a logo under URLs that change with their content."""

import re

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from integrations import colors
from integrations.models import BrandedURL
from integrations.portal_request import PortalRequest

FOREVER = "public, max-age=31536000, immutable"


@require_safe
def stylesheet(request: PortalRequest, digest: str) -> HttpResponse:
    brand = request.brand
    if brand is None or digest != brand.stylesheet_digest:
        raise Http404
    accent = brand.accent_color
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", accent):
        raise Http404  # never into a stylesheet unchecked
    on_light, on_dark = (colors.edge(accent, page) for page in (colors.WHITE, colors.DARK_PAGE))
    css = (
        f":root {{ --accent: {accent}; --on-accent: {colors.readable_on(accent)}; "
        f"--accent-pressed: {colors.pressed(accent)}; "
        f"--accent-edge: light-dark({on_light}, {on_dark}); }}\n"
    )
    return HttpResponse(css, content_type="text/css", headers={"Cache-Control": FOREVER})


@require_safe
def logo(request: PortalRequest, digest: str) -> HttpResponse:
    hostname = request.brand.hostname if request.brand else ""
    brand = get_object_or_404(BrandedURL, hostname=hostname, logo_digest=digest)
    return HttpResponse(
        bytes(brand.logo or b""), content_type="image/png", headers={"Cache-Control": FOREVER}
    )
