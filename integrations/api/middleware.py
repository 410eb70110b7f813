"""Whatever answers an address of the API: errors are problems, and HEAD is GET without a body."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from integrations.api import problems

PREFIX = "/api/"
OF_THE_BODY = ("Content-Type", "Content-Length")


class ProblemMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        response = self._answer(request)
        if response.status_code < 400 or response["Content-Type"] == problems.CONTENT_TYPE:
            return response
        problem = problems.of_status(response.status_code)
        if response["Content-Type"] == "text/plain" and response.content:
            problem.detail = response.text
        told = problem.response()
        for name, value in response.items():
            if name not in OF_THE_BODY:
                told[name] = value
        return told

    def _answer(self, request: HttpRequest) -> HttpResponse:
        """The routes know no HEAD (RFC 9110 section 9.3.2); what serves them drops the body."""
        asked = request.method
        request.method = "GET" if asked == "HEAD" else asked
        try:
            return self.get_response(request)
        finally:
            request.method = asked
