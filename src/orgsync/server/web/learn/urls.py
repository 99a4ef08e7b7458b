"""Addresses of the learner pages."""

from django.urls import path

from orgsync.server.web.learn import branding, catalogue, content, home, settings, sharing, signin, stored

app_name = "learn"
urlpatterns = [
    path("", home.home, name="home"),
    path("to-do/", home.mine, name="mine"),
    path("catalogue/", catalogue.index, name="catalogue"),
    path("content/<int:content>/", content.detail, name="content"),
    path("content/<int:content>/start/", content.start, name="start"),
    path("content/<int:content>/progress/", content.progress, name="progress"),
    path("content/<int:content>/like/", content.like, name="like"),
    path("content/<int:content>/share/", sharing.share_page, name="share"),
    path("colleagues/", sharing.colleagues, name="colleagues"),
    path("settings/", settings.index, name="settings"),
    path("settings/sessions/end/", settings.end_other_sessions, name="end-sessions"),
    path("stored/", stored.index, name="stored"),
    path("stored/download/", stored.download, name="stored-download"),
    path("unsubscribe/", settings.stop_mails, name="unsubscribe"),
    path("sign-in/", signin.sign_in, name="sign-in"),
    path("sign-in/asked/", signin.asked, name="asked"),
    path("enter/", signin.enter, name="enter"),
    path("onward/", signin.onward, name="onward"),
    path("sign-out/", signin.sign_out, name="sign-out"),
    path("branding.css", branding.css, name="branding-css"),
    path("logo/<slug:version>", branding.logo, name="logo"),
]
