"""The whole configuration as one document, without secrets: read, planned, replaced."""

from typing import Annotated, Literal

from django.http import HttpResponse
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from ninja import Field, Header, Router, Schema

from integrations.api import problems
from integrations.api.authentication import ApiRequest, Client
from integrations.api.problems import Problem
from integrations.api.routing import route
from integrations.api.schemas import Body
from integrations.errors import ConfigurationMoved, InvalidConfiguration, Unconfirmed
from integrations.models.api_key import KeyScope, Reach
from integrations.operations import configuration
from integrations.operations.configuration import Plan
from integrations.operations.configuration.words import Kind

router = Router(tags=["configuration"])
SCOPE = KeyScope.CONFIGURATION
IfMatch = Annotated[str | None, Header(alias="If-Match")]


# A factory, and no default: what is left out stays as it is.
class IntegrationEntry(Body):
    is_enabled: bool = Field(default_factory=bool)
    client_id: str = Field(default_factory=str)
    client_secret_is_set: bool = Field(
        default_factory=bool, description="Changes nothing: secrets are set in the admin"
    )
    authorization_url: str = Field(default_factory=str)
    default_provisioning_id: str = Field(default_factory=str)
    device_linking_enabled: bool = Field(default_factory=bool)


class HostnameEntry(Body):
    integration: str | None = Field(default_factory=str, description="By name; null: none")
    brand_name: str = Field(default_factory=str)
    accent_color: str = Field(default_factory=str)
    language: str = Field(default_factory=str, description="Empty: that of the installation")
    logo: str | None = Field(default_factory=str, description="Digest of one that is stored")


class Configuration(Body):
    version: Literal[1]
    integrations: dict[str, IntegrationEntry] = Field(description="By name; all there shall be")
    hostnames: dict[str, HostnameEntry] = Field(description="All there shall be")


class ConfigurationChange(Schema):
    kind: Kind
    path: str = Field(description="In the document (RFC 6901)")
    sentence: str


class ConfigurationQuestion(Schema):
    path: str
    sentence: str


class ConfigurationPlan(Schema):
    applied: bool
    fingerprint: str = Field(description="The ETag of the configuration as it is now")
    changes: list[ConfigurationChange]
    questions: list[ConfigurationQuestion]
    confirm: str = Field(description="A yes to the questions, for the parameter of that name")


@route(router, "GET", "/configuration", scope=SCOPE, answer=Configuration)
def read_configuration(request: ApiRequest) -> HttpResponse:
    """Integrations and hostnames, without secrets. The ETag is needed to change them."""
    _check_reach(request.auth)
    found = configuration.export()
    etag = {"ETag": f'"{found.fingerprint}"'}
    return HttpResponse(found.text, content_type="application/json", headers=etag)


@route(
    router, "PUT", "/configuration",
    scope=SCOPE, answer=ConfigurationPlan, known=[409, 412, 415, 428], body=Configuration,
)  # fmt: skip
def replace_configuration(
    request: ApiRequest, plan: bool = False, confirm: str = "", if_match: IfMatch = None
) -> HttpResponse:
    """Make integrations and hostnames what the document says, all of it or nothing.

    What is not in it is removed, a field that is left out stays, and a new integration starts
    switched off, without a secret. If-Match is the ETag of what was read. With plan nothing is
    changed. Where users would lose something, 409 has the questions and what to send as confirm.
    """
    _check_reach(request.auth)
    try:
        if plan:
            return _answer(configuration.plan(request.body, now=request.auth.now), applied=False)
        expected = _expected(if_match)
        done = configuration.apply(
            request.body, now=request.auth.now, expected=expected, confirmed=confirm
        )
    except InvalidConfiguration as error:
        faults = {fault.path: fault.sentence for fault in error.faults}
        raise problems.of_faults(faults) from None
    except Unconfirmed as error:
        raise _unconfirmed(error) from None
    except ConfigurationMoved:
        text = _("The configuration is not the one of If-Match any more. Read it again.")
        raise Problem(412, "configuration_moved", text) from None
    return _answer(done, applied=True)


def _check_reach(client: Client) -> None:
    if client.reach != Reach():
        text = _("This key is limited to some integrations or hostnames; this is about all.")
        raise Problem(403, "key_is_limited", text)


def _expected(if_match: str | None) -> list[str] | None:
    """Fingerprints, compared strongly (RFC 9110 section 13.1.1); None: whatever is there."""
    if not if_match:
        text = _("Send If-Match with the ETag of the configuration that you read, or *.")
        raise Problem(428, "if_match_missing", text)
    return None if if_match.strip() == "*" else [tag.strip('"') for tag in parse_etags(if_match)]


def _unconfirmed(error: Unconfirmed) -> Problem:
    text = _("Users would lose something; questions says what. If you mean it, send confirm.")
    asked = [vars(question) for question in error.questions]
    return Problem(409, "confirmation_needed", text, questions=asked, confirm=error.confirmation)


def _answer(found: Plan, *, applied: bool) -> HttpResponse:
    told = ConfigurationPlan(
        applied=applied,
        fingerprint=found.fingerprint,
        changes=[ConfigurationChange(**vars(change)) for change in found.changes],
        questions=[ConfigurationQuestion(**vars(question)) for question in found.questions],
        confirm=found.confirmation,
    )
    etag = {"ETag": f'"{found.fingerprint}"'}
    return HttpResponse(told.model_dump_json(), content_type="application/json", headers=etag)
