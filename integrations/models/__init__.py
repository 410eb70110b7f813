"""Facts and rules. No HTTP, no requests: what happens to them is decided in the verbs."""

from integrations.models.api_key import ApiKey
from integrations.models.app_incident import AppIncident
from integrations.models.audit_event import AuditEvent
from integrations.models.authorization_request import AuthorizationRequest
from integrations.models.branded_url import BrandedURL
from integrations.models.bulk_job import BulkJob
from integrations.models.bulk_row import BulkRow
from integrations.models.connect_link import ConnectLink
from integrations.models.count import Count
from integrations.models.device_authorization import DeviceAuthorization
from integrations.models.grant import Grant
from integrations.models.grant_event import GrantEvent
from integrations.models.heartbeat import Heartbeat, RenewalMinute
from integrations.models.idempotent_request import IdempotentRequest
from integrations.models.identity import Identity
from integrations.models.identity_provider import IdentityProvider, MappedGroup, SignInRule
from integrations.models.key_canary import KeyCanary
from integrations.models.key_census import KeyCensus
from integrations.models.lease import Lease
from integrations.models.limited_administrator import LimitedAdministrator
from integrations.models.second_factor import SecondFactor
from integrations.models.watched_subscriber import WatchedSubscriber
from integrations.models.webex_app import WebexApp
from integrations.models.webhook_delivery import WebhookDelivery
from integrations.models.webhook_endpoint import WebhookEndpoint

__all__ = [
    "ApiKey",
    "AppIncident",
    "AuditEvent",
    "AuthorizationRequest",
    "BrandedURL",
    "BulkJob",
    "BulkRow",
    "ConnectLink",
    "Count",
    "DeviceAuthorization",
    "Grant",
    "GrantEvent",
    "Heartbeat",
    "IdempotentRequest",
    "Identity",
    "IdentityProvider",
    "KeyCanary",
    "KeyCensus",
    "Lease",
    "LimitedAdministrator",
    "MappedGroup",
    "RenewalMinute",
    "SecondFactor",
    "SignInRule",
    "WatchedSubscriber",
    "WebexApp",
    "WebhookDelivery",
    "WebhookEndpoint",
]
