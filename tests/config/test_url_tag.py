"""`{% url %}` answers as Django's does, whether it remembers the address or not."""

import pytest
from django.template import engines
from django.urls import NoReverseMatch


def drawn(text, **context):
    template = engines["django"].from_string(text)
    return [template.render(context) for _ in range(2)][1]  # the second time it is remembered


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{% url 'home' %}", "/"),
        ("{% url 'admin:index' %}", "/admin/"),
        ("{% url page %}", "/my-account/"),
        ("{% url 'my_account' as here %}{{ here }}", "/my-account/"),
        ("{% url 'brand_logo' page %}", "/brand/my_account/logo.png"),
        ("{% url 'nothing_of_ours' as here %}{{ here }}", ""),
    ],
)
def test_an_address_is_shown(text, shown):
    assert drawn(text, page="my_account") == shown


def test_a_name_that_is_none_is_an_error_each_time():
    template = engines["django"].from_string("{% url 'nothing_of_ours' %}")
    for _ in range(2):
        with pytest.raises(NoReverseMatch):
            template.render({})
