from django.urls import path

from accounts import views

urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in/", views.SignIn.as_view(), name="sign_in"),
    path("my-account/", views.my_account, name="my_account"),
    path("my-account/language/", views.choose_language, name="choose_language"),
]
