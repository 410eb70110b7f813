"""A portal page's session, read together with its user and how they stand at the hostname."""

from typing import Any

from django.contrib.sessions.middleware import SessionMiddleware
from django.utils import timezone

from accounts import sessions
from accounts.models import User
from accounts.statement import Statement
from integrations.linking import link_status
from integrations.linking.link_status import LinkStatus
from integrations.models import Grant, standing
from integrations.models.standing import Standing
from integrations.portal_request import PortalRequest

# Asked most often, with the badge, and what they do changes nothing of it.
PAGES = ("/", "/my-account/", "/webex/status/")
SESSION_AND_STANDING = Statement(
    f"""
    SELECT {{person}}, {{theirs}}, kept.session_data, {standing.FACTS}
    FROM {sessions.KEPT} {standing.AT_THE_HOSTNAME}
    WHERE {sessions.UNDER_THIS_KEY}
    """,  # noqa: S608  constants only
    reads=standing.SHOWN,
    person=User,
    theirs=Grant,
)


class SessionStore(sessions.SessionStore):
    brand_id: int | None = None  # where to stand
    standing: Standing | None = None  # of the owner, as it was when the session was read

    def _read(self) -> list[Any] | None:
        if self.brand_id is None:
            return super()._read()
        found = SESSION_AND_STANDING.first(self.brand_id, self.session_key, timezone.now())
        if found is None:
            return None
        owner, grant, data, *facts = found
        self.standing = standing.of_facts(grant, *facts) if owner else None
        return [owner, data]


class PortalSessionMiddleware(SessionMiddleware):
    def process_request(self, request: Any) -> None:
        super().process_request(request)
        if request.brand and request.method in ("GET", "HEAD") and request.path_info in PAGES:
            request.session.brand_id = request.brand.pk


def link_status_of(request: PortalRequest) -> LinkStatus:
    """Of who asks, found out once per request, however often a page shows it."""
    if not hasattr(request, "webex_link_status"):
        found = _read_with_session(request.session, request.user)
        request.webex_link_status = link_status.for_user(request.user, request.brand, found)
    return request.webex_link_status


def _read_with_session(session: Any, user: User) -> Standing | None:
    """Whoever the row beside the session names, it counts for whom the session itself names."""
    is_theirs = session.owner is not None and session.owner.pk == user.pk
    return session.standing if is_theirs else None
