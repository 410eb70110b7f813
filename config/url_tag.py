"""Django's `url`, which looks an address up once where it stays the same: each page shows ten."""

from django.template import Library, Node
from django.template.base import Parser, Token
from django.template.context import Context
from django.template.defaulttags import url as of_django
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import conditional_escape

register = Library()


class FixedURL(Node):
    def __init__(self, name: str) -> None:
        self.name = name

    @cached_property
    def address(self) -> str:
        return conditional_escape(reverse(self.name))

    def render(self, context: Context) -> str:
        return self.address


@register.tag
def url(parser: Parser, token: Token) -> Node:
    node = of_django(parser, token)
    name = node.view_name.var  # a Variable, unless the name is written out
    is_fixed = isinstance(name, str) and not (node.args or node.kwargs or node.asvar)
    return FixedURL(name) if is_fixed else node
