"""Two admins press save at the same moment: one of them gets a form error, nobody a 500."""

import threading

import pytest
from django.db import connection

from integrations.models import BrandedURL, WebexApp
from tests.integrations.admin.conftest import change, errors

APPS, BRANDS = "/admin/integrations/webexapp/", "/admin/integrations/brandedurl/"
ROUNDS = 6

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def petra(staff):
    return staff("petra", group="Provisioning administrators")


def at_once(*acts):
    """The answers, in order; an exception is raised again."""
    barrier, answers = threading.Barrier(len(acts)), [None] * len(acts)

    def run(index, act):
        barrier.wait()
        try:
            answers[index] = act()
        except Exception as error:
            answers[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return answers


def create(client, name):
    texts = ("authorization_url", "client_id", "new_client_secret", "default_provisioning_id")
    return client.post(f"{APPS}add/", {**dict.fromkeys(texts, ""), "name": name})


def clone(client, app, name):
    return client.post(f"{APPS}{app.pk}/clone/", {"name": name})


@pytest.mark.parametrize("act", [create, clone])
def test_one_of_two_gets_a_new_name(paula, petra, acme, act):
    for number in range(ROUNDS):
        wanted = [acme, f"New {number}"][act is create :]

        answers = at_once(lambda w=wanted: act(paula, *w), lambda w=wanted: act(petra, *w))

        assert sorted(answer.status_code for answer in answers) == [200, 302]
        refused = next(answer for answer in answers if answer.status_code == 200)
        assert "already exists" in refused.text
    assert WebexApp.objects.count() == 1 + ROUNDS


def test_one_of_two_renames(paula, petra, acme, globex):
    for number in range(ROUNDS):
        name = f"Renamed {number}"

        answers = at_once(
            lambda n=name: change(paula, acme, name=n), lambda n=name: change(petra, globex, name=n)
        )

        assert sorted(answer.status_code for answer in answers) == [200, 302]
        refused = next(answer for answer in answers if answer.status_code == 200)
        assert "already exists" in errors(refused)["name"]


def test_one_of_two_creates_a_hostname_with_a_logo(paula, petra, acme):
    fields = {"accent_color": "#1f5fbf", "brand_name": ""}
    for number in range(ROUNDS):
        posted = {**fields, "hostname": f"new-{number}.example.com"}

        answers = at_once(
            lambda p=posted: paula.post(f"{BRANDS}add/", p),
            lambda p=posted: petra.post(f"{BRANDS}add/", p),
        )

        assert sorted(answer.status_code for answer in answers) == [200, 302]


def test_the_same_hostnames_pasted_in_two_orders_are_each_had_once(paula, petra, acme, globex):
    for number in range(ROUNDS):
        names = [f"new-{number}-{each}.example.com" for each in range(20)]
        forward, backward = "\n".join(names), "\n".join(reversed(names))

        answers = at_once(
            lambda f=forward: change(paula, acme, new_hostnames=f),
            lambda b=backward: change(petra, globex, new_hostnames=b),
        )

        assert {answer.status_code for answer in answers} <= {200, 302}
        made = BrandedURL.objects.filter(hostname__in=names)
        assert set(made.values_list("app__name", flat=True)) <= {"Acme", "Globex"}
        assert made.count() == 20
