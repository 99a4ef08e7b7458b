import os, signal, time
from orgsync.core.model import JobStatus
from tests.job_world import make_organization, make_token
from tests.server.queue.queue_world import *
from tests.server.queue.conftest import empty_queue, start_worker
from tests.server.queue.test_worker import assert_applied_once

def test_latency(start_worker):
    start_worker()
    tok = make_token(make_organization())
    j = make_queued_job(tok); wait_until(has_status(j, JobStatus.DONE))
    for i in range(5):
        t=time.monotonic(); j = make_queued_job(tok, f"primary_email_address\na{i}@example.com\n".encode()); wait_until(has_status(j, JobStatus.DONE)); print("latency", round(time.monotonic()-t,2))

def test_takeover(start_worker):
    tok = make_token(make_organization())
    j = make_queued_job(tok)
    with locked_directory(j.organization_id):
        w1 = start_worker(); wait_until(is_applying(j)); w2 = start_worker(); time.sleep(6)
        t=time.monotonic(); os.killpg(w1.pid, signal.SIGKILL)
        wait_until(lambda: stored(j).attempts == 2); print("TAKEOVER kill", round(time.monotonic()-t,2))
    wait_until(has_status(j, JobStatus.DONE))

def test_cut(start_worker):
    tok = make_token(make_organization())
    j = make_queued_job(tok)
    with locked_directory(j.organization_id):
        w1 = start_worker(); wait_until(is_applying(j))
        print("SESSIONS", query("select application_name, count(*) from pg_stat_activity where datname=current_database() group by 1"))
        t=time.monotonic()
        query("select pg_terminate_backend(pid) from pg_stat_activity where datname=current_database() and (application_name like 'worker-%%' or application_name like 'upload-%%')")
        time.sleep(3); print("worker", w1.poll(), query("select id,status,worker_id,attempts from procrastinate_jobs"), stored(j).status, stored(j).attempts)
    if w1.poll() is not None or True:
        start_worker()
    wait_until(has_status(j, JobStatus.DONE)); print("DONE after", round(time.monotonic()-t,2), w1.poll())
    assert_applied_once(j)
