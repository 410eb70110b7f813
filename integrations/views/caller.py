"""In whose name a page asks Webex."""

from integrations import clock
from integrations.portal_request import PortalRequest
from integrations.provisioning import caller
from integrations.provisioning.caller import Caller


def caller_of(request: PortalRequest) -> Caller:
    """Whoever looks at the page, at its hostname, now. Raises NotLinked."""
    return caller.of(request.user, request.brand, now=clock.now())
