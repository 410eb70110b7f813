"""Bulk jobs: their list, a new one with its dry run, one at work, its result file."""

from collections.abc import Callable, Iterable
from functools import partial, wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from integrations import clock
from integrations.errors import JobConflict, NotLinked, UnusableFile
from integrations.linking import link_status
from integrations.models import BulkJob, BulkRow
from integrations.portal_request import PortalRequest
from integrations.provisioning import subscribers
from integrations.provisioning.bulk import columns, jobs, problem_table, progress, result_file
from integrations.tasks import bulk_jobs
from integrations.views.access import SeeOther, webex_right_required
from integrations.views.bulk_form import BulkForm
from integrations.views.post_only import post_only

SHOWN = 50  # jobs in the list
View = Callable[..., HttpResponse | StreamingHttpResponse]


def bulk_user_required(view: View) -> Any:
    """For those with `run_bulk`. Not linked: to the page that links."""

    @wraps(view)
    def answer(request: PortalRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            link_status.usable_grant(request.user, request.brand)
        except NotLinked:
            messages.warning(request, _("Link your Webex account first."))
            return SeeOther(reverse("webex"))
        return view(request, *args, **kwargs)

    return webex_right_required("run_bulk")(answer)


@require_safe
@bulk_user_required
def show_all(request: PortalRequest) -> HttpResponse:
    newest = _jobs(request).order_by("-created_at")[:SHOWN]
    return render(request, "integrations/bulk/jobs.html", {"jobs": newest})


@require_http_methods(["GET", "HEAD", "POST"])
@bulk_user_required
def new(request: PortalRequest) -> HttpResponse:
    form = BulkForm(request.POST or None, request.FILES or None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        try:
            job = jobs.make(
                user=request.user,
                brand=request.brand,
                file_name=form.file_name,
                content=form.content,
                operation=form.cleaned_data["operation"],
                now=clock.now(),
            )
        except UnusableFile as error:
            form.add_error(None, str(error))
        else:
            return SeeOther(reverse("webex_bulk_job", args=[job.pk]))
    context = {"form": form, "columns": columns.COLUMNS.values(), "days_kept": _days_kept()}
    return render(request, "integrations/bulk/new.html", context)


@require_safe
@bulk_user_required
def example(request: PortalRequest) -> StreamingHttpResponse:
    return _download(columns.example_file(), "webex-example.csv")


@require_safe
@bulk_user_required
def show(request: PortalRequest, id: UUID) -> HttpResponse:
    job = _job(request, id)
    return render(request, "integrations/bulk/job.html", _context(job))


@require_GET
@webex_right_required("run_bulk")
def figures(request: PortalRequest, id: UUID) -> HttpResponse:
    """A part of the page above, from the database, however often it is asked for.

    Where the page has become another one it loads itself anew.
    """
    job = _job(request, id)
    page = render(request, "integrations/bulk/_figures.html", _context(job))
    if job.status != request.GET.get("status"):
        page["HX-Refresh"] = "true"
    return page


def _context(job: BulkJob) -> dict[str, object]:
    current = progress.of(job, now=clock.now())
    context: dict[str, object] = {"job": job, "progress": current, "days_kept": _days_kept()}
    context["sentence"] = progress.in_words(current)
    context["why_stopped"] = progress.why_stopped(job)
    if job.is_draft:
        context["problems"] = problem_table.of_dry_run(job)
        context["removals"] = _removals(job)
        context["can_remove_people"] = subscribers.REMOVE_PEOPLE in job.grant.scopes
    else:
        context["failed"] = problem_table.failed(job)
    return context


@post_only(gettext_lazy("Check at Webex first"))
@bulk_user_required
def check(request: PortalRequest, id: UUID) -> HttpResponse:
    return _change(request, id, lambda job: jobs.check_first(job))


@post_only(gettext_lazy("Start"))
@bulk_user_required
def start(request: PortalRequest, id: UUID) -> HttpResponse:
    job = _job(request, id)
    removals, with_people = _removals(job), request.POST.get("what") == "people"
    if removals and request.POST.get("removals", "").strip() != str(removals):
        messages.error(request, _("Nothing was started: type how many users are to be removed."))
        return SeeOther(reverse("webex_bulk_job", args=[id]))
    if removals and with_people and request.POST.get("typed", "").strip() != job.name.strip():
        messages.error(request, _("Nothing was started: type the name of the file, as it is."))
        return SeeOther(reverse("webex_bulk_job", args=[id]))
    start = partial(jobs.start, removes_people=bool(removals) and with_people, now=clock.now())
    return _change(request, id, start)


@post_only(gettext_lazy("Stop"))
@bulk_user_required
def stop(request: PortalRequest, id: UUID) -> HttpResponse:
    return _change(request, id, lambda job: jobs.stop(job, now=clock.now()))


@post_only(gettext_lazy("Resume"))
@bulk_user_required
def resume(request: PortalRequest, id: UUID) -> HttpResponse:
    return _change(request, id, lambda job: jobs.resume(job, now=clock.now()))


@post_only(gettext_lazy("Delete this job and its file"))
@bulk_user_required
def delete(request: PortalRequest, id: UUID) -> HttpResponse:
    try:
        jobs.delete(_job(request, id))
    except JobConflict:
        messages.error(request, _("Stop the job before you delete it."))
        return SeeOther(reverse("webex_bulk_job", args=[id]))
    messages.info(request, _("The job and its file are deleted."))
    return SeeOther(reverse("webex_bulk"))


@require_safe
@bulk_user_required
def result(request: PortalRequest, id: UUID) -> StreamingHttpResponse:
    job = _job(request, id)
    lines = result_file.export(job, only_open="open" in request.GET, now=clock.now())
    return _download(lines, f"webex-result-{job.created_at:%Y-%m-%d}.csv")


def _change(request: PortalRequest, id: UUID, change: Callable[[BulkJob], None]) -> HttpResponse:
    job = _job(request, id)
    try:
        change(job)
    except JobConflict:
        messages.error(
            request,
            _(
                "Nothing was changed: the job is no longer as the page showed it, or another job "
                "of yours is at work. Only one runs at a time."
            ),
        )
    else:
        bulk_jobs.wake_work()
    return SeeOther(reverse("webex_bulk_job", args=[id]))


def _jobs(request: PortalRequest) -> Any:
    return BulkJob.objects.of(request.user, request.brand.app if request.brand else None)


def _job(request: PortalRequest, id: UUID) -> BulkJob:
    job: BulkJob | None = (
        _jobs(request).select_related("grant__app", "grant__user").filter(pk=id).first()
    )
    if job is None:
        raise Http404
    return job


def _days_kept() -> int:
    days: int = settings.BULK_JOBS_KEPT_DAYS
    return days


def _removals(job: BulkJob) -> int:
    pending = BulkRow.objects.filter(job=job, status=BulkRow.Status.PENDING)
    return pending.filter(operation=BulkRow.Operation.REMOVE).count()


def _download(lines: Iterable[str], name: str) -> StreamingHttpResponse:
    page = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    page["Content-Disposition"] = f'attachment; filename="{name}"'
    return page
