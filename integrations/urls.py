from django.urls import path

from integrations.models import AuthorizationRequest, DeviceAuthorization
from integrations.views import (
    activation_mails,
    brand,
    bulk,
    callback,
    capability,
    connect_link,
    consent,
    device,
    enterprises,
    pages,
    replacement,
    reports,
    single_sign_on,
    test_link,
)
from integrations.views.subscribers import changing, finding, showing

urlpatterns = [
    path("sign-in/through/", single_sign_on.start, name="sign_in_through"),
    path("sign-in/callback/", single_sign_on.callback, name="sign_in_callback"),
    path("sign-out/", single_sign_on.SignOut.as_view(), name="sign_out"),
    path("webex/", pages.webex, name="webex"),
    path("webex/profile/", pages.my_webex, name="my_webex"),
    path("webex/status/", pages.status, name="webex_status"),
    path("webex/connect/", consent.connect, name="webex_connect"),
    path("webex/link/<str:token>/", connect_link.open_link, name="webex_connect_link"),
    path("webex/callback/", callback.callback, name="webex_callback"),
    path("webex/test/<slug:ticket>/", test_link.depart, name="webex_test"),
    path(
        "webex/replace/<int:id>/",
        replacement.replace,
        {"kind": AuthorizationRequest},
        name="webex_replace",
    ),
    path("webex/disconnect/", consent.disconnect, name="webex_disconnect"),
    path("webex/device/", device.start, name="webex_device_start"),
    path("webex/device/<uuid:id>/", device.show, name="webex_device"),
    path("webex/device/<uuid:id>/status/", device.status, name="webex_device_status"),
    path("webex/device/<uuid:id>/cancel/", device.cancel, name="webex_device_cancel"),
    path(
        "webex/device/<uuid:id>/replace/",
        replacement.replace,
        {"kind": DeviceAuthorization},
        name="webex_device_replace",
    ),
    path("webex/bulk/", bulk.show_all, name="webex_bulk"),
    path("webex/bulk/new/", bulk.new, name="webex_bulk_new"),
    path("webex/bulk/example.csv", bulk.example, name="webex_bulk_example"),
    path("webex/bulk/<uuid:id>/", bulk.show, name="webex_bulk_job"),
    path("webex/bulk/<uuid:id>/figures/", bulk.figures, name="webex_bulk_figures"),
    path("webex/bulk/<uuid:id>/check/", bulk.check, name="webex_bulk_check"),
    path("webex/bulk/<uuid:id>/start/", bulk.start, name="webex_bulk_start"),
    path("webex/bulk/<uuid:id>/stop/", bulk.stop, name="webex_bulk_stop"),
    path("webex/bulk/<uuid:id>/resume/", bulk.resume, name="webex_bulk_resume"),
    path("webex/bulk/<uuid:id>/delete/", bulk.delete, name="webex_bulk_delete"),
    path("webex/bulk/<uuid:id>/result.csv", bulk.result, name="webex_bulk_result"),
    path("webex/abilities/", capability.abilities, name="webex_abilities"),
    path("webex/subscribers/", finding.subscribers, name="webex_subscribers"),
    path("webex/subscribers/people/", finding.people, name="webex_people"),
    path("webex/subscribers/live/", finding.live, name="webex_subscribers_live"),
    path("webex/subscribers/new/", changing.provision, name="webex_subscriber_new"),
    # Webex's ids are opaque; whatever is in them, they end where our own words begin.
    path(
        "webex/subscriber/<path:id>/standing/", showing.standing, name="webex_subscriber_standing"
    ),
    path("webex/subscriber/<path:id>/change/", changing.change, name="webex_subscriber_change"),
    path("webex/subscriber/<path:id>/remove/", changing.remove, name="webex_subscriber_remove"),
    path(
        "webex/subscriber/<path:id>/consent-mail/",
        showing.send_consent_mail,
        name="webex_consent_mail",
    ),
    path("webex/subscriber/<path:id>/", showing.subscriber, name="webex_subscriber"),
    path("webex/enterprises/", enterprises.show_all, name="webex_enterprises"),
    path(
        "webex/enterprises/<path:name>/mails/standing/",
        activation_mails.standing,
        name="webex_activation_mails_standing",
    ),
    path(
        "webex/enterprises/<path:name>/mails/", activation_mails.send, name="webex_activation_mails"
    ),
    path(
        "webex/enterprises/<path:name>/standing/",
        enterprises.standing,
        name="webex_enterprise_standing",
    ),
    path(
        "webex/enterprises/<path:name>/switch-on/",
        enterprises.switch,
        {"on": True},
        name="webex_sync_on",
    ),
    path(
        "webex/enterprises/<path:name>/switch-off/",
        enterprises.switch,
        {"on": False},
        name="webex_sync_off",
    ),
    path("webex/enterprises/<path:name>/synchronise/", enterprises.start, name="webex_sync_now"),
    path("webex/enterprises/<path:name>/user/", enterprises.sync_user, name="webex_sync_user"),
    path("webex/enterprises/<path:name>/", enterprises.show, name="webex_enterprise"),
    path("webex/reports/", reports.show_all, name="webex_reports"),
    path("webex/reports/subscribers.csv", reports.export_subscribers, name="webex_export"),
    path("webex/reports/billing/", reports.billing, name="webex_billing"),
    path("webex/reports/billing/order/", reports.order, name="webex_billing_order"),
    path(
        "webex/reports/billing/standing/", reports.billing_standing, name="webex_billing_standing"
    ),
    path(
        "webex/reports/billing/<path:id>/download/",
        reports.download,
        name="webex_billing_download",
    ),
    path("webex/reports/billing/<path:id>/delete/", reports.remove, name="webex_billing_delete"),
    path("webex/reports/billing/<path:id>/", reports.billing_report, name="webex_billing_report"),
    path("brand/<slug:digest>/brand.css", brand.stylesheet, name="brand_stylesheet"),
    path("brand/<slug:digest>/logo.png", brand.logo, name="brand_logo"),
]
