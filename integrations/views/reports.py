"""Reports: subscribers as a file, and Webex's monthly billing reports."""

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_safe

from integrations.errors import InsufficientScope
from integrations.portal_request import PortalRequest
from integrations.provisioning import export, reports, subscribers, words
from integrations.provisioning.export import Wanted, Which
from integrations.provisioning.reports import READ, WRITE
from integrations.views import export_share
from integrations.views.access import SeeOther, is_fragment, webex_right_required
from integrations.views.caller import caller_of
from integrations.views.polled import pause, polled, turn
from integrations.views.post_only import post_only
from integrations.views.subscribers.trouble import explains_trouble
from integrations.views.webex_share import waits_for_webex
from integrations.webex.billing_reports import BillingReport

SECONDS, LATER = 5, 30  # between two questions about reports that are being made


@require_safe
@webex_right_required("see_reports")
@explains_trouble(READ)
def show_all(request: PortalRequest) -> HttpResponse:
    """Asks Webex nothing: the billing reports come into the page when they are there."""
    caller_of(request)
    return render(request, "integrations/reports/reports.html", {"choices": Which.choices})


@webex_right_required("see_reports")
@waits_for_webex
@explains_trouble(subscribers.READ)
def export_subscribers(request: PortalRequest) -> HttpResponse:
    if request.method != "POST":  # after signing in again: the form knows what was chosen
        return SeeOther(reverse("webex_reports"))
    which = request.POST.get("which", "")
    wanted = Wanted(
        enterprise=request.POST.get("enterprise", "").replace("\x00", "").strip()[:320],
        which=Which(which) if which in Which else Which.ALL,
    )
    try:
        place = export_share.share.take()
    except export_share.TooManyExports:
        text = _("Two exports are running. Please wait until one has finished, and try again.")
        messages.warning(request, text)
        return SeeOther(reverse("webex_reports"))
    try:
        lines = export_share.Lines(export.subscriber_lines(caller_of(request), wanted), place)
    except BaseException:
        export_share.share.give_back(place)
        raise
    return _file(StreamingHttpResponse(lines), "subscribers.csv")  # type: ignore[arg-type]


@require_safe
@webex_right_required("see_reports")
@waits_for_webex
@explains_trouble(READ)
def billing(request: PortalRequest) -> HttpResponse:
    caller = caller_of(request)
    scopes = caller.grant.scopes
    context: dict[str, object] = {"can_order": WRITE in scopes, "write_scope": WRITE}
    if READ in scopes:
        context |= _listed(request, reports.look(caller))
        context["months"] = reports.months(caller.now)
    else:
        context["lacking"] = words.explain(InsufficientScope(), caller.grant, READ)
    name = "_billing" if is_fragment(request) else "billing"
    return render(request, f"integrations/reports/{name}.html", context)


@require_GET
@webex_right_required("see_reports")
@explains_trouble(READ)
@polled
def billing_standing(request: PortalRequest) -> HttpResponse:
    """The list of them, for the page above."""
    context = _listed(request, reports.follow(caller_of(request)))
    return render(request, "integrations/reports/_billing_list.html", context)


@webex_right_required("see_reports")
@waits_for_webex
@explains_trouble(WRITE)
def order(request: PortalRequest) -> HttpResponse:
    if request.method != "POST":
        return SeeOther(reverse("webex_reports"))
    caller = caller_of(request)
    month = reports.month_of(request.POST.get("month", ""))
    if month in reports.months(caller.now):
        reports.order(caller, month)
        messages.success(request, _("Webex makes the report. This page follows it by itself."))
    else:
        messages.error(request, _("Choose one of the months that are offered."))
    return SeeOther(reverse("webex_reports"))


@require_safe
@webex_right_required("see_reports")
@waits_for_webex
@explains_trouble(READ)
def billing_report(request: PortalRequest, id: str) -> HttpResponse:
    caller = caller_of(request)
    context = {
        "report": reports.report(caller, id),
        "can_order": WRITE in caller.grant.scopes,
    }
    return render(request, "integrations/reports/billing_report.html", context)


@post_only(gettext_lazy("Download"))
@webex_right_required("see_reports")
@waits_for_webex
@explains_trouble(READ)
def download(request: PortalRequest, id: str) -> HttpResponse:
    """Through us: the signed URL that opens it stays here, and is another one at each click."""
    found = reports.download(caller_of(request), id)
    return _file(HttpResponse(found.content), found.file_name)


@post_only(gettext_lazy("Delete"))
@webex_right_required("see_reports")
@waits_for_webex
@explains_trouble(WRITE)
def remove(request: PortalRequest, id: str) -> HttpResponse:
    reports.remove(caller_of(request), id)
    messages.success(request, _("The report is deleted at Webex."))
    return SeeOther(reverse("webex_reports"))


def _listed(request: PortalRequest, found: tuple[BillingReport, ...]) -> dict[str, object]:
    asked = turn(request)
    return {
        "reports": found,
        "was_followed": asked > 0,
        "is_followed": any(each.status == reports.RUNNING for each in found),
        "turn": asked + 1,
        "pause": pause(asked, soon=SECONDS, later=LATER),
    }


def _file(answer: HttpResponse, name: str) -> HttpResponse:
    """Saved, never shown: nosniff is set for all answers."""
    answer["Content-Type"] = "text/csv; charset=utf-8"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
