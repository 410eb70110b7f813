"""The pages: who gets them, what they say, and what a reload shows."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from integrations import clock
from integrations.models import AuditEvent, BulkJob, BulkRow, Grant
from integrations.provisioning.bulk import jobs
from tests.browsing import PortalClient
from tests.integrations.provisioning.bulk.conftest import people

Make = Callable[..., BulkJob]
Run = Callable[..., None]


@pytest.fixture
def client(grant: Grant, alice_browser: PortalClient) -> PortalClient:
    return alice_browser


def upload(client: PortalClient, content: str | bytes, **fields: Any) -> Any:
    data = content if isinstance(content, bytes) else content.encode()
    file = SimpleUploadedFile("people.csv", data, "text/csv")
    form = {"operation": "provision", "file": file} | fields
    return client.post("/webex/bulk/new/", form, follow=True)


def words(page: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


def test_a_file_is_checked_started_and_followed_to_its_result_file(
    client: PortalClient, run: Run
) -> None:
    page = upload(client, people("ann", "bo", "cy").replace("standard", "gold", 1))

    assert "2 lines can be sent" in words(page)
    assert "1 line cannot be sent" in words(page)
    assert "ann@new.example" in page.text
    assert "bo@new.example" not in page.text
    assert re.search(r'class="wrong">\s*<div>\s*<bdi>gold</bdi>\s*<span.*>Write soft', page.text)
    assert "about 1 minute" in words(page)
    job = BulkJob.objects.get()
    page = client.post(f"/webex/bulk/{job.pk}/start/", follow=True)
    assert "Stop" in words(page)
    assert '<meta http-equiv="refresh"' in page.text  # where no script runs
    run(job)
    page = client.get(f"/webex/bulk/{job.pk}/")
    assert "Finished" in words(page)
    assert "2 of 2" in words(page)

    result = b"".join(client.get(f"/webex/bulk/{job.pk}/result.csv")).decode("utf-8-sig")
    again = b"".join(client.get(f"/webex/bulk/{job.pk}/result.csv?open")).decode("utf-8-sig")

    head, ann, bo, _cy = result.strip().split("\r\n")
    ours = "result,status,errorCode,description,trackingId,subscriberId"
    assert head == f"{people().strip()},{ours}"
    assert ann.startswith(
        "ann@new.example,ParkBench+new,Ann,Newman,gold,ann@new.example,5100,skipped"
    )
    assert ",done,provisioned,," in bo
    assert again.strip().split("\r\n")[1:] == [ann]
    exports = AuditEvent.objects.filter(action="export.made").order_by("pk")
    assert [each.reason for each in exports] == ["result.csv all", "result.csv not done"]
    assert {each.object_label for each in exports} == {"people.csv"}


def test_pasted_lines_are_as_good_as_a_file(client: PortalClient) -> None:
    form = {"operation": "provision", "text": people("ann")}

    page = client.post("/webex/bulk/new/", form, follow=True)

    assert "1 line can be sent" in words(page)


def test_a_file_that_is_none_is_refused_on_the_form(client: PortalClient) -> None:
    assert "Unknown column: “name”" in words(upload(client, "userId,name\nann,Ann"))
    assert "Choose a file, or paste" in words(
        client.post("/webex/bulk/new/", {"operation": "remove"})
    )
    assert "which of them is meant" in words(upload(client, "userId\nann", text="userId\nbo"))
    assert not BulkJob.objects.exists()


def test_no_cell_of_the_result_file_is_a_formula(client: PortalClient) -> None:
    line = people("ann").replace("Newman", "=1+1").replace("Ann", "@SUM").replace("5100", "-5")
    upload(client, line)

    result = b"".join(client.get(f"/webex/bulk/{BulkJob.objects.get().pk}/result.csv")).decode()

    assert ",'@SUM,'=1+1," in result
    assert ",'-5," in result


def test_removing_many_takes_typing_how_many(client: PortalClient) -> None:
    upload(client, "userId\nann\nbo\n", operation="remove")
    job = BulkJob.objects.get()

    page = client.post(f"/webex/bulk/{job.pk}/start/", {"removals": "20"}, follow=True)
    assert "Nothing was started" in words(page)
    assert "2 users will lose Webex" in words(page)
    client.post(f"/webex/bulk/{job.pk}/start/", {"removals": "2"})

    job.refresh_from_db()
    assert job.status == BulkJob.Status.RUNNING


def test_removing_the_people_too_takes_typing_the_name_of_the_file(client: PortalClient) -> None:
    upload(client, "userId\nann\nbo\n", operation="remove")
    job = BulkJob.objects.get()
    wanted = {"removals": "2", "what": "people"}

    page = client.post(f"/webex/bulk/{job.pk}/start/", wanted | {"typed": "2"}, follow=True)
    assert "type the name of the file" in words(page)
    client.post(f"/webex/bulk/{job.pk}/start/", wanted | {"typed": "people.csv"})

    job.refresh_from_db()
    assert (job.status, job.removes_people) == (BulkJob.Status.RUNNING, True)
    started = AuditEvent.objects.get(action="bulk_job.started")
    assert started.reason == "with their Webex people"


def test_the_figures_are_fetched_alone_and_reload_the_page_when_it_is_another(
    client: PortalClient, make: Make
) -> None:
    job = make(people("ann"))
    jobs.start(job, now=clock.now())
    url = f"/webex/bulk/{job.pk}/figures/?status=RUNNING"
    page = client.get(url, headers={"HX-Request": "true"})

    assert "HX-Refresh" not in page
    assert "About 1 minute left." in words(page)
    jobs.stop(job, now=clock.now())
    assert client.get(url)["HX-Refresh"] == "true"
    client.logout()
    assert client.get(url, headers={"HX-Request": "true"})["HX-Refresh"] == "true"


def test_a_job_that_nobody_works_at_says_so(client: PortalClient, make: Make, travel: Any) -> None:
    job = make(people("ann"))
    jobs.start(job, now=clock.now())
    travel(timedelta(minutes=2))

    assert "Nothing is lost" in words(client.get(f"/webex/bulk/{job.pk}/"))


def test_why_it_stopped_is_said_with_a_next_step(client: PortalClient, make: Make) -> None:
    job = make(people("ann"))
    BulkJob.objects.update(status="STOPPED", stop_reason="FORBIDDEN", tracking_id="ROUTER_1")

    page = client.get(f"/webex/bulk/{job.pk}/")

    assert "Partner administrator" in words(page)
    assert "ROUTER_1" in page.text
    assert "Resume" in words(page)


def test_a_second_start_changes_nothing_and_says_so(client: PortalClient, make: Make) -> None:
    job = make(people("ann"))
    client.post(f"/webex/bulk/{job.pk}/start/")

    page = client.post(f"/webex/bulk/{job.pk}/start/", follow=True)

    assert "Nothing was changed" in words(page)


def test_a_job_is_deleted_with_its_file_and_not_while_it_runs(
    client: PortalClient, make: Make
) -> None:
    job = make(people("ann"))
    client.post(f"/webex/bulk/{job.pk}/start/")
    assert "Stop the job before" in words(client.post(f"/webex/bulk/{job.pk}/delete/", follow=True))
    client.post(f"/webex/bulk/{job.pk}/stop/")

    client.post(f"/webex/bulk/{job.pk}/delete/")

    assert not BulkRow.objects.exists()
    assert "No bulk jobs yet" in words(client.get("/webex/bulk/"))


def test_the_failed_lines_and_the_example_can_be_read(client: PortalClient, make: Make) -> None:
    job = make(people("ann"))
    job.rows.update(status="FAILED", description="Webex refuses this.", tracking_id="ROUTER_2")
    BulkJob.objects.update(status="FINISHED", finished_at=clock.now())

    assert "Webex refuses this." in words(client.get(f"/webex/bulk/{job.pk}/"))
    assert b"userId,spEnterpriseId" in b"".join(client.get("/webex/bulk/example.csv"))
    assert "people.csv" in words(client.get("/webex/bulk/"))


def test_each_line_speaks_the_language_of_whoever_reads_it(client: PortalClient, run: Run) -> None:
    upload(client, "userId,package\nann,gold\nbo,basic\n", operation="update")
    job = BulkJob.objects.get()
    german = {"Accept-Language": "de"}
    assert "Schreiben Sie softphone" in words(client.get(f"/webex/bulk/{job.pk}/", headers=german))
    client.post(f"/webex/bulk/{job.pk}/start/")
    run(job)

    assert "Webex does not know this user." in words(client.get(f"/webex/bulk/{job.pk}/"))
    assert "Webex kennt diesen Benutzer nicht." in words(
        client.get(f"/webex/bulk/{job.pk}/", headers=german)
    )
    result = client.get(f"/webex/bulk/{job.pk}/result.csv", headers=german)
    assert "package: Schreiben Sie" in b"".join(result).decode()


def test_others_see_nothing_of_it(
    client: PortalClient,
    make: Make,
    bob: User,
    nina: User,
    browser: Callable[..., PortalClient],
) -> None:
    job = make(people("ann"))
    page = f"/webex/bulk/{job.pk}/"

    assert browser(nina).get("/webex/bulk/").status_code == 403
    assert browser(bob).get("/webex/bulk/").status_code == 403  # may link, and no more
    assert browser(None).get("/webex/bulk/").status_code == 302
    bob.groups.set(job.grant.user.groups.all())
    unlinked = browser(bob)
    assert unlinked.get(page)["Location"] == "/webex/"
    unlinked.link("bob@globex.example")
    assert unlinked.get(page).status_code == 404
    assert unlinked.post(f"{page}start/").status_code == 404


def test_buttons_are_pressed_not_visited(client: PortalClient, make: Make) -> None:
    job = make(people("ann"))

    for name in ("check", "start", "stop", "resume", "delete"):
        assert client.get(f"/webex/bulk/{job.pk}/{name}/").status_code == 405
