"""The two callbacks that `callback.py` compares, and how each is driven."""

import html
import http.client
import re
import time
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from accounts.models import User
from config.demo import sample_data
from config.urls import urlpatterns as project_urls
from integrations import clock
from integrations.models import Grant, WebexApp
from integrations.portal_request import PortalRequest

HOST = "acme.localhost"
pool = requests.Session()


def bare_callback(request: PortalRequest) -> HttpResponse:
    app = request.brand.app
    form = {
        "grant_type": "authorization_code",
        "code": request.GET["code"],
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "redirect_uri": request.brand.redirect_uri,
        "code_verifier": request.session["verifier"],
    }
    tokens = pool.post(f"{settings.WEBEX_API_URL}/access_token", data=form).json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    person = pool.get(f"{settings.WEBEX_API_URL}/people/me", headers=headers).json()
    org_url = f"{settings.WEBEX_API_URL}/organizations/{person['orgId']}"
    organization = pool.get(org_url, headers=headers).json()
    now = clock.now()
    Grant(
        pk=request.session["grant"],
        user=request.user,
        app=app,
        status=Grant.Status.ACTIVE,
        access_token=tokens["access_token"],
        refresh_token=tokens["refresh_token"],
        access_token_expires_at=now,
        refresh_token_expires_at=now,
        scope=tokens["scope"],
        person_id=person["id"],
        person_email=person["emails"][0],
        person_name=person["displayName"],
        org_id=person["orgId"],
        org_name=organization["displayName"],
    ).save()
    return HttpResponse(status=303, headers={"Location": "/my-account/"})


urlpatterns = [path("bare/callback/", bare_callback), *project_urls]


def measure(sandbox: str, count: int) -> dict[str, list[float]]:
    settings.ROOT_URLCONF = __name__
    settings.BRANDED_URL_TEMPLATE = "http://{hostname}"
    settings.SECURE_SSL_REDIRECT = False
    call_command("migrate", verbosity=0)
    sample_data.create("unused", register=lambda uris: register(sandbox, uris))
    clients = {"ours": signed_in("alice"), "bare view": signed_in("bob")}
    prepare_bare(clients["bare view"])
    samples: dict[str, list[float]] = {name: [] for name in clients}
    handler = WSGIHandler()
    for turn in range(count + 20):
        for name, client in clients.items():
            spent = one_callback(handler, sandbox, client, bare=name == "bare view")
            if turn >= 20:  # warm by then
                samples[name].append(spent)
    return samples


def one_callback(handler: WSGIHandler, sandbox: str, client: Client, *, bare: bool) -> float:
    page = client.post("/webex/connect/").text
    target = html.unescape(re.search(r'content="0; url=([^"]+)"', page)[1])
    back = urlsplit(walk_through_webex(sandbox, target))
    if bare:
        remember_verifier(client, back.query)
    environ = client._base_environ(
        PATH_INFO="/bare/callback/" if bare else back.path, QUERY_STRING=back.query
    )
    began = time.process_time()
    response = handler(environ, lambda *args: None)
    b"".join(response)
    response.close()
    spent = time.process_time() - began
    assert response.status_code == 303, response.content
    assert response["Location"] == "/my-account/"
    return spent


def remember_verifier(client: Client, query: str) -> None:
    from integrations.models import AuthorizationRequest

    request = AuthorizationRequest.objects.get(state=parse_qs(query)["state"][0])
    session = client.session
    session["verifier"] = request.code_verifier
    session.save()


def signed_in(username: str) -> Client:
    client = Client(HTTP_HOST=HOST)
    user = User.objects.get(username=username)
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


def prepare_bare(client: Client) -> None:
    grant = Grant.objects.create(user=User.objects.get(username="bob"), app=WebexApp.objects.get())
    session = client.session
    session["grant"] = grant.pk
    session.save()


def register(sandbox: str, redirect_uris: list[str]) -> dict[str, str]:
    body = {"name": "Benchmark", "redirect_uris": redirect_uris}
    return requests.post(f"{sandbox}/sandbox/integrations", json=body).json()


def walk_through_webex(sandbox: str, target: str, email: str = "alice@acme.example") -> str:
    """Sign-in and consent as a browser would send them; returns where it would go next."""
    url = urlsplit(target)
    sign_in = location(sandbox, "GET", f"{url.path}?{url.query}")
    transaction = parse_qs(urlsplit(sign_in).query)["transaction"][0]
    location(sandbox, "POST", "/idb/sign-in", transaction=transaction, email=email)
    return location(sandbox, "POST", "/idb/consent", transaction=transaction, decision="accept")


def location(sandbox: str, method: str, target: str, **form: str) -> str:
    connection = http.client.HTTPConnection(urlsplit(sandbox).netloc)
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
    connection.request(method, target, urlencode(form) if form else None, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.headers["Location"]
