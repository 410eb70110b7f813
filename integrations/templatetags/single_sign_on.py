"""What pages say about signing in here."""

from django import template
from django.template.context import RequestContext

from integrations import sso_session
from integrations.models import Identity
from integrations.single_sign_on.doors import Door

register = template.Library()


@register.simple_tag(takes_context=True)
def sign_in_door(context: RequestContext) -> Door:
    return sso_session.door_of(context["request"])


@register.simple_tag(takes_context=True)
def has_come_through_provider(context: RequestContext) -> bool:
    return sso_session.of(context["request"]) is not None


@register.simple_tag(takes_context=True)
def is_linked_to_provider(context: RequestContext, door: Door) -> bool:
    user = context["request"].user
    return Identity.objects.filter(user=user, provider=door.provider).exists()
