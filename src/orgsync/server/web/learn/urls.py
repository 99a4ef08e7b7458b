"""Addresses of the learner pages."""

from django.urls import path

from orgsync.server.web.learn import branding, home, signin

app_name = "learn"
urlpatterns = [
    path("", home.home, name="home"),
    path("sign-in/", signin.sign_in, name="sign-in"),
    path("sign-in/asked/", signin.asked, name="asked"),
    path("enter/", signin.enter, name="enter"),
    path("onward/", signin.onward, name="onward"),
    path("sign-out/", signin.sign_out, name="sign-out"),
    path("branding.css", branding.css, name="branding-css"),
    path("logo/<slug:version>", branding.logo, name="logo"),
]
