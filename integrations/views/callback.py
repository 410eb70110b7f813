"""What Webex sent the browser back with."""

from django.core.exceptions import TooManyFieldsSent

from integrations.errors import ConsentRefused
from integrations.linking.consent import Callback
from integrations.portal_request import PortalRequest

PARAMETERS = ("state", "code", "error", "iss")


def read(request: PortalRequest) -> Callback:
    """Raises ConsentRefused for a parameter that is there twice: readers could disagree on it."""
    try:
        values = {name: request.GET.getlist(name) for name in PARAMETERS}
    except TooManyFieldsSent:
        raise ConsentRefused("too_many_parameters") from None
    if any(len(found) > 1 for found in values.values()):
        raise ConsentRefused("repeated_parameter")
    return Callback(**{name: found[0] for name, found in values.items() if found})
