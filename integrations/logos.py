"""Logos: whatever is uploaded, what is kept and served is a small PNG of our own making."""

from io import BytesIO

from django.utils.translation import gettext as _
from PIL import Image

from integrations.errors import InvalidLogo

LARGEST_UPLOAD = 100 * 1024  # bytes
LARGEST_SIDE = 4000  # pixels; refuses decompression bombs before decoding
SHOWN_SIZE = (480, 160)  # pixels


def png_from_upload(upload: bytes) -> bytes:
    """Re-encodes a PNG or JPEG. Raises InvalidLogo with a sentence for the admin."""
    if len(upload) > LARGEST_UPLOAD:
        raise InvalidLogo(_("The logo is larger than 100 KB. Please make it smaller."))
    try:
        image = Image.open(BytesIO(upload), formats=("PNG", "JPEG"))
        if max(image.size) > LARGEST_SIDE:
            raise InvalidLogo(_("The logo has more than 4000 pixels on a side."))
        image.thumbnail(SHOWN_SIZE)
        png = BytesIO()
        pixels = image.convert("RGBA")
        pixels.info.clear()  # profiles and comments, which nobody looked at
        pixels.save(png, "PNG", optimize=True)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        if isinstance(error, InvalidLogo):
            raise
        raise InvalidLogo(_("This is not a readable PNG or JPEG image.")) from None
    return png.getvalue()
