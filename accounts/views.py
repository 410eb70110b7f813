"""Sign-in, home and My Account."""

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import languages, next_path
from accounts.models import User


class SignIn(LoginView):
    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True

    def get_redirect_url(self, request: HttpRequest | None = None) -> str:
        asked = {**self.request.GET.dict(), **self.request.POST.dict()}
        return next_path.safe(asked.get(self.redirect_field_name))


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/home.html")


@require_safe
@login_required
def my_account(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/my_account.html")


@require_POST
@login_required
def choose_language(request: HttpRequest) -> HttpResponse:
    """Empty: as the browser says. What is not offered is taken for that, too."""
    code = request.POST.get("language", "")
    user = User.objects.filter(username=request.user.get_username())
    user.update(language=code if code in languages.by_own_name() else "")
    return redirect(next_path.safe(request.POST.get("next"), default="my_account"))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Perhaps all cookies are gone: who goes back to the page is asked to sign in there."""
    context = {"back": next_path.came_from(request)}
    return render(request, "403_csrf.html", context, status=403)
