"""Addresses of the Account Center."""

from django.urls import path

from orgsync.server.web.views import (
    account,
    authenticate,
    decisions,
    feeds,
    help,
    home,
    jobs,
    learner,
    learners,
    outbox,
    upload,
)

app_name = "web"
urlpatterns = [
    path("", account.start, name="start"),
    path("setup/", account.setup, name="setup"),
    path("organizations/", account.organizations, name="organizations"),
    path("admin/", home.home, name="home"),
    path("admin/people/learners/", learners.index, name="learners"),
    path("admin/people/learners/download/", learners.download, name="learners-download"),
    path("admin/people/learners/add/", learner.add, name="learner-add"),
    path("admin/people/learners/<int:learner_id>/", learner.detail, name="learner"),
    path("admin/people/learners/<int:learner_id>/edit/", learner.edit, name="learner-edit"),
    path("admin/people/learners/<int:learner_id>/change/", learner.change, name="learner-change"),
    path("admin/people/upload/", upload.index, name="upload"),
    path("admin/people/upload/template/<slug:kind>/", upload.template, name="upload-template"),
    path("admin/people/upload/<slug:media>/", upload.preview, name="upload-preview"),
    path("admin/people/sync-history/", jobs.index, name="jobs"),
    path("admin/people/sync-history/download/", jobs.export, name="jobs-download"),
    path("admin/people/sync-history/<int:job>/", jobs.detail, name="job"),
    path("admin/people/sync-history/<int:job>/progress/", jobs.progress, name="job-progress"),
    path("admin/people/sync-history/<int:job>/plan/", jobs.plan, name="job-plan"),
    path("admin/people/sync-history/<int:job>/<slug:what>.csv", jobs.download, name="job-download"),
    path("admin/people/sync-history/<int:job>/decide/", decisions.decide, name="job-decide"),
    path("admin/people/sync-history/<int:job>/undo/", decisions.undo_chosen, name="job-undo"),
    path("admin/people/feeds/", feeds.index, name="feeds"),
    path("admin/people/feeds/<int:feed>/", feeds.detail, name="feed"),
    path("admin/authenticate/", authenticate.index, name="authenticate"),
    path("admin/authenticate/tokens/<int:token>/revoke/", authenticate.revoke, name="token-revoke"),
    path("admin/outbox/", outbox.index, name="outbox"),
    path("admin/outbox/<int:mail>/", outbox.detail, name="outbox-mail"),
    path("admin/help/", help.index, name="help"),
]
