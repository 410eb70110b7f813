from django.urls import path

from integrations.models import AuthorizationRequest, DeviceAuthorization
from integrations.views import brand, callback, consent, device, pages, replacement, test_link

urlpatterns = [
    path("webex/", pages.webex, name="webex"),
    path("webex/profile/", pages.my_webex, name="my_webex"),
    path("webex/status/", pages.status, name="webex_status"),
    path("webex/connect/", consent.connect, name="webex_connect"),
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
    path("brand/<slug:digest>/brand.css", brand.stylesheet, name="brand_stylesheet"),
    path("brand/<slug:digest>/logo.png", brand.logo, name="brand_logo"),
]
