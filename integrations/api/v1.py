"""All routes together. The document about them is `openapi.json` beside this file."""

import json
from pathlib import Path
from typing import Any, Never

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from integrations.api import (
    bulk_jobs,
    configuration,
    connect_links,
    grants,
    integrations,
    problems,
    schemas,
    standing,
    subscribers,
)
from integrations.api.body import StrictParser
from integrations.api.problems import Problem

PREFIX = "/api/v1/"
DOCUMENT = Path(__file__).with_name("openapi.json")

# No page of documentation and no file to fetch: the first would need another policy for scripts.
api = NinjaAPI(
    title="Webex integration manager",
    version="1",
    description="For other programs of the operator. Every error is application/problem+json.",
    docs_url=None,
    openapi_url=None,
    urls_namespace="api_v1",
    parser=StrictParser(),
)
for _routes in (
    standing,
    grants,
    connect_links,
    integrations,
    configuration,
    subscribers,
    bulk_jobs,
):
    api.add_router("", _routes.router)


@api.exception_handler(Problem)
def _problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    return problem.response()


@api.exception_handler(AuthenticationError)
def _signed_out(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return problems.of_status(401, headers={"WWW-Authenticate": 'Bearer realm="api"'}).response()


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return problems.of_validation(error.errors).response()


@api.exception_handler(HttpError)
def _malformed(request: HttpRequest, error: HttpError) -> HttpResponse:
    """The library's own, of which one is left: a body that cannot be read."""
    if isinstance(error.__cause__, Problem):
        return error.__cause__.response()
    return Problem(
        400, "malformed_body", _("The body is no JSON, or a name stands there twice.")
    ).response()


@api.exception_handler(RequestDataTooBig)
def _too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return problems.of_status(413).response()


@api.exception_handler(Http404)
def _missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return problems.of_status(404).response()


@api.exception_handler(Exception)
def _crash(request: HttpRequest, error: Exception) -> Never:
    """Also where DEBUG is on: middleware makes a problem of it, and the log has the rest."""
    raise error


def document() -> dict[str, Any]:
    """OpenAPI 3.1."""
    found: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(path_prefix=PREFIX)))
    found["components"]["schemas"]["Problem"] = schemas.Problem.json_schema()
    return found


def as_text() -> str:
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"
