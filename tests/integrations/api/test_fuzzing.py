"""Does any request, right or wrong by our own document, get an answer that is not in it?"""

from collections.abc import Callable
from typing import Any

import pytest

from integrations.api import v1
from integrations.models import Grant
from integrations.models.api_key import KeyScope
from tests.conftest import H1
from tests.integrations.api.conftest import SERVERS_HOST
from tests.sandbox.test_fuzzing import fuzz

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_no_request_of_a_right_or_wrong_shape_gets_an_undocumented_answer(
    linked_alice: Grant, make_key: Callable[..., Any], live_server: Any, settings: Any
) -> None:
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi import checks

    from tests.integrations.api import fuzzing

    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    fuzzing.known |= {"user": "alice", "hostname": H1, "ids": {"/api/v1/grants": linked_alice.pk}}
    conformance = [
        not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_headers_conformance,
        checks.response_schema_conformance,
    ]
    sent = {"Authorization": f"Bearer {make_key(*KeyScope)[1]}", "Host": SERVERS_HOST}
    sent["X-Forwarded-Proto"] = "https"
    seen: set[int] = set()

    def check(case: Any) -> None:
        fuzzing.before_call(None, case, None)
        response = case.call(base_url=live_server.url, headers=sent)
        case.validate_response(response, checks=conformance)
        seen.add(response.status_code)

    for result in schemathesis.openapi.from_dict(v1.document()).get_all_operations():
        fuzz(result.ok(), check, examples=3)
    assert {200, 404} <= seen
