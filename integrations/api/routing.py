"""How a route is declared: its scope, what it answers, and which problems it knows."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.http import HttpResponse
from ninja import Router, Schema
from pydantic import BaseModel

from integrations.api import idempotency, problems, trouble
from integrations.api.authentication import ApiRequest, Key, Session
from integrations.api.body import check_type
from integrations.models.api_key import KeyScope

ALWAYS = (400, 401, 403, 411, 413, 422, 429, 500, 503)
View = Callable[..., BaseModel | HttpResponse | None]


def route(
    router: Router,
    method: str,
    path: str,
    *,
    scope: KeyScope | None,
    answer: type[BaseModel] | None,
    status: int = 200,
    sessions: bool = False,
    known: Iterable[int] = (),
    is_repeatable: bool = False,
    body: type[Schema] | None = None,
) -> Callable[[View], View]:
    """Without `scope` no key may call it; with `sessions` also pages of the portal may.

    `known`: statuses of problems besides those that every route has. A view returns its answer, or
    raises; where it writes, an Idempotency-Key is obeyed, unless it `is_repeatable`: then its
    answer is kept nowhere. `body` describes what a view reads by itself.
    """
    auth = [Key(scope)] if scope else []
    is_write = method != "GET" and not is_repeatable

    def declare(view: View) -> View:
        router.api_operation(
            [method],
            path,
            auth=[*auth, *([Session()] if sessions else [])],
            response={status: answer},
            operation_id=view.__name__,
            summary=(view.__doc__ or view.__name__).partition("\n")[0].rstrip("."),
            openapi_extra=_documented(scope, is_write, [*ALWAYS, *known]) | _sent(body),
        )(_answering(view, status, is_write, reads_body=body is not None))
        return view

    return declare


def _answering(
    view: View, status: int, is_write: bool, *, reads_body: bool
) -> Callable[..., HttpResponse]:
    @wraps(view)
    def answer_to(request: ApiRequest, **arguments: Any) -> HttpResponse:
        def act() -> HttpResponse:
            try:
                return _response(view(request, **arguments), status)
            except trouble.KNOWN as error:
                return trouble.problem_of(error, request).response()

        if reads_body:
            check_type(request)
        return idempotency.once(request, act) if is_write else act()

    return answer_to


def _response(answer: BaseModel | HttpResponse | None, status: int) -> HttpResponse:
    if isinstance(answer, HttpResponse):
        return answer
    if answer is None:
        return HttpResponse(status=status)
    return HttpResponse(answer.model_dump_json(), status=status, content_type="application/json")


def _sent(body: type[Schema] | None) -> dict[str, Any]:
    if body is None:
        return {}
    schema = {"$ref": f"#/components/schemas/{body.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _documented(scope: KeyScope | None, is_write: bool, statuses: Iterable[int]) -> dict[str, Any]:
    header = {
        "name": idempotency.HEADER,
        "in": "header",
        "required": False,
        "description": "Sent again with the same request, it is answered as the first time.",
        "schema": {"type": "string", "pattern": r"^[\x21-\x7e]{1,100}$"},
    }
    problem = {problems.CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        "parameters": [header] if is_write else [],
        "responses": {
            each: {"description": problems.CODES.get(each, "refused"), "content": problem}
            for each in sorted(set(statuses))
        },
        "x-scope": scope,
    }
