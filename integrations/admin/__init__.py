"""Settings → Webex. No page here shows a token or a secret, to anybody."""

from integrations.admin.api_key import ApiKeyAdmin
from integrations.admin.audit_event import AuditEventAdmin
from integrations.admin.branded_url import BrandedURLAdmin
from integrations.admin.grant import GrantAdmin
from integrations.admin.grant_event import GrantEventAdmin
from integrations.admin.identity import IdentityAdmin
from integrations.admin.identity_provider import IdentityProviderAdmin
from integrations.admin.user import GroupAdmin, UserAdmin
from integrations.admin.webex_app import WebexAppAdmin
from integrations.admin.webhook_delivery import WebhookDeliveryAdmin
from integrations.admin.webhook_endpoint import WebhookEndpointAdmin

__all__ = [
    "ApiKeyAdmin",
    "AuditEventAdmin",
    "BrandedURLAdmin",
    "GrantAdmin",
    "GrantEventAdmin",
    "GroupAdmin",
    "IdentityAdmin",
    "IdentityProviderAdmin",
    "UserAdmin",
    "WebexAppAdmin",
    "WebhookDeliveryAdmin",
    "WebhookEndpointAdmin",
]
