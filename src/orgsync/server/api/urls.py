"""The wire's addresses, as documented for the LinkedIn endpoint, and two for whoever watches the server."""

from django.urls import path

from orgsync.server.api.authentication import by_method
from orgsync.server.api.downloading import download
from orgsync.server.api.health import healthz, readyz
from orgsync.server.api.metrics import metrics
from orgsync.server.api.oauth import access_token
from orgsync.server.api.processing import process_file, show_job
from orgsync.server.api.reporting import learning_activity_reports
from orgsync.server.api.uploading import upload

urlpatterns = [
    path("media/upload", by_method(POST=upload, GET=download)),
    path("v2/enterpriseUploadJobs", by_method(POST=process_file)),
    path("v2/enterpriseUploadJobs/<str:job_id>", by_method(GET=show_job)),
    path("v2/learningActivityReports", by_method(GET=learning_activity_reports)),
    path("oauth/v2/accessToken", by_method(POST=access_token)),
    path("healthz", by_method(GET=healthz)),
    path("readyz", by_method(GET=readyz)),
    path("metrics", by_method(GET=metrics)),
]
