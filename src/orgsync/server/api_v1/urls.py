"""The addresses of our own API, below /api/v1."""

from django.urls import path

from orgsync.server.api.authentication import by_method
from orgsync.server.api_v1 import assignments, contents, views
from orgsync.server.api_v1.problems import with_problems

urlpatterns = [
    path("contents", with_problems(by_method(GET=contents.list_contents, POST=contents.make))),
    path("contents/<int:content_id>", with_problems(by_method(GET=contents.show, PATCH=contents.change))),
    path("assignments", with_problems(by_method(GET=assignments.list_assignments, POST=assignments.make))),
    path("assignments/<int:assignment_id>/end", with_problems(by_method(POST=assignments.end))),
    path("learners/<int:learner_id>/assignments", with_problems(by_method(GET=assignments.of_learner))),
    path("token", with_problems(by_method(GET=views.about_token))),
    path("jobs/<str:job_id>", with_problems(by_method(GET=views.show_job))),
    path("jobs/<str:job_id>/approve", with_problems(by_method(POST=views.approve))),
    path("jobs/<str:job_id>/reject", with_problems(by_method(POST=views.reject))),
    path("jobs/<str:job_id>/undo", with_problems(by_method(POST=views.undo))),
]
