"""Whatever answers an address of the API, its errors are problems: hosts, sizes and crashes too."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from integrations.api import problems

PREFIX = "/api/"
OF_THE_BODY = ("Content-Type", "Content-Length")


class ProblemMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_ours = request.path_info.startswith(PREFIX) and response.status_code >= 400
        if not is_ours or response["Content-Type"] == problems.CONTENT_TYPE:
            return response
        problem = problems.of_status(response.status_code)
        if response["Content-Type"] == "text/plain" and response.content:
            problem.detail = response.text
        told = problem.response()
        for name, value in response.items():
            if name not in OF_THE_BODY:
                told[name] = value
        return told
