"""Whole jobs with files in a bucket, encrypted or not: upload, results with byte ranges, a restart, storage away."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from django.conf import settings as django_settings
from django.utils import timezone
from moto.server import ThreadedMotoServer
from obstore.exceptions import GenericError
from pytest_django import Settings

from orgsync.core.model import JobStatus
from orgsync.server.api.health import _check_encryption
from orgsync.server.filekeys import MasterKeyMissing, master_keys
from orgsync.server.uploads import child
from orgsync.server.uploads.erase import erase_person
from orgsync.server.uploads.media import DamagedMedia, open_part, read_verified
from orgsync.server.uploads.models import Media, UploadJob
from orgsync.server.uploads.planpages import PlanFilter, open_plan
from orgsync.server.uploads.rotating import count_files, rotate
from orgsync.server.uploads.storage import Storage, storage
from tests.server.pipeline.pipeline_world import FIVE, MONDAY, World, statuses
from tests.upload_world import UPLOAD, Sender, answer, make_sender

BUCKET = "orgsync-files"


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    """Start a server that speaks S3, its address and keys in the environment as usual; give a client of it."""
    server = ThreadedMotoServer("127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    # What it holds belongs to its process, and another module may have been here between two of our tests.
    requests.post(f"{address}/moto-api/reset", timeout=10).raise_for_status()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": "eu-central-1",
            "AWS_ENDPOINT_URL": address,
            "AWS_ALLOW_HTTP": "true",
        }.items():
            patch.setenv(name, value)
        client = boto3.client("s3", endpoint_url=address, region_name="eu-central-1")
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        yield client
    server.stop()


@pytest.fixture
def bucket(s3: Any, settings: Settings) -> Iterator[None]:
    settings.STORAGE_URL = f"s3://{BUCKET}/some/files"
    storage.cache_clear()
    yield
    storage.cache_clear()


@pytest.fixture
def encrypted(settings: Settings, tmp_path: Path) -> Callable[..., None]:
    """Return how to give the server master keys, the newest first."""

    def use(*keys: bytes) -> None:
        path = tmp_path / f"keys-{base64.urlsafe_b64encode(b''.join(key[:3] for key in keys)).decode()}"
        path.write_text("\n".join(base64.b64encode(key).decode() for key in keys))
        settings.ENCRYPTION_KEY_FILE = path
        _check_encryption.cache_clear()

    return use


OLD, NEW = b"o" * 32, b"n" * 32


def sender_of(world: World) -> Sender:
    return make_sender(feed=world.feed)


def stored_bytes(s3: Any) -> bytes:
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix="some/files/")["Contents"]
    return b"".join(s3.get_object(Bucket=BUCKET, Key=found["Key"])["Body"].read() for found in listed)


@pytest.mark.parametrize("is_encrypted", [False, True], ids=["plain", "encrypted"])
def test_whole_job_with_a_bucket(
    s3: Any, bucket: None, world: World, encrypted: Callable[..., None], is_encrypted: bool
) -> None:
    """By the wire: upload, job, results whole and by ranges, the plan's page; a restart changes nothing."""
    if is_encrypted:
        encrypted(OLD)
    sender = sender_of(world)
    padding = "".join(f"p{number}@example.com,P{number},Cook,active\n" for number in range(4_000))
    text = "\n".join(line.strip() for line in FIVE.strip().splitlines()) + "\n" + padding
    urn = sender.upload(text.encode()).json()["location"]
    sender.process(urn)
    job = world.run(UploadJob.objects.get(organization=world.organization))
    assert job.status == JobStatus.DONE, job.reason

    storage.cache_clear()
    results = f"{UPLOAD}&id=urn:li:media:{job.result.public_id}"
    whole = b"".join(sender.get(results).streaming_content)
    ranges = [(0, 9), (65_530, 65_540), (70_000, 140_000), (len(whole) - 5, len(whole) - 1)]
    for first, last in ranges:
        part = sender.get(results, Range=f"bytes={first}-{last}")
        assert (part.status_code, b"".join(part.streaming_content)) == (206, whole[first : last + 1])

    assert len(whole) > 140_000
    assert set(statuses(job)) == {"CREATED"}
    assert open_plan(job.plan).page(PlanFilter()).lines[0].email is not None
    assert (b"ana@example.com" in stored_bytes(s3)) is not is_encrypted
    assert answer("GET", "/readyz").json()["encryption"] == "ok"
    # The same file again takes the shortcut, which reads the former results.
    assert world.send(text).unchanged_count == 4_005
    for key in [media.storage_key for media in Media.objects.filter(**world.mine)]:
        storage().delete(key)


def test_unfinished_uploads_to_a_bucket_are_swept(s3: Any, bucket: None, settings: Settings) -> None:
    """What a killed process began is aborted after a day, below our prefix only; what cannot be listed is no error."""
    for key in ("some/files/2026/03/02/a", "some/files/2026/03/02/b c&d", "others/x"):
        s3.create_multipart_upload(Bucket=BUCKET, Key=key)

    # By this server's clock, every upload was begun in November 2010.
    begun = datetime(2010, 11, 10, 20, 48, 33, tzinfo=UTC)
    assert storage().sweep(begun + timedelta(hours=23)) == 0
    assert storage().sweep(begun + timedelta(hours=25)) == 2
    assert [left["Key"] for left in s3.list_multipart_uploads(Bucket=BUCKET)["Uploads"]] == ["others/x"]
    settings.STORAGE_URL = "s3://no-such-bucket/files"
    storage.cache_clear()
    assert storage().sweep(timezone.now()) == 0


def test_large_file_goes_in_parts_and_none_stays_when_it_breaks_off(s3: Any, bucket: None) -> None:
    """20 MB are three parts; a sender that goes away leaves neither an object nor an unfinished upload."""
    piece = bytes(1 << 20)
    storage().put("2026/03/02/large", [piece] * 20)

    def breaks_off() -> Iterator[bytes]:
        yield from [piece] * 20
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        storage().put("2026/03/02/broken", breaks_off())

    assert storage().size("2026/03/02/large") == 20 << 20
    assert list(storage().keys(MONDAY.date(), until=timezone.now() + timedelta(days=1))) == ["2026/03/02/large"]
    unfinished = s3.list_multipart_uploads(Bucket=BUCKET, Prefix="some/").get("Uploads", [])
    assert unfinished == []
    storage().delete("2026/03/02/large")


def test_storage_away_is_said_and_nothing_is_half_kept(
    bucket: None, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upload is answered with 503 and can be sent again; /readyz says which part is away; a page stays a page."""
    sender = sender_of(world)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    storage.cache_clear()

    refused = sender.upload()

    assert (refused.status_code, refused.json()["code"], refused["Retry-After"]) == (503, "BUSY", "30")
    assert not Media.objects.filter(**world.mine).exists()
    ready = answer("GET", "/readyz")
    assert (ready.status_code, ready.json()["storage"], ready.json()["database"]) == (503, "unavailable", "ok")


def test_attempt_waits_until_storage_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next attempt begins when there is something to read; three of them are soon used up otherwise."""
    looks = iter([GenericError("away"), OSError("disk"), None])

    def check(_self: Storage) -> None:
        if (error := next(looks)) is not None:
            raise error

    monkeypatch.setattr(Storage, "check", check)
    monkeypatch.setattr(child, "STORAGE_SECONDS", 0.0)

    child.await_storage()

    assert next(looks, "all looked at") == "all looked at"


def test_rotation_wraps_keys_and_leaves_files_alone(
    own_folder: None, world: World, encrypted: Callable[..., None]
) -> None:
    """Old plain files and files under the old key stay readable; afterwards the old key is not needed."""
    plain = world.send(FIVE)
    encrypted(OLD)
    job = world.send(FIVE.replace("E1,Cook", "E1,Chef"))
    before = {media.storage_key: bytes(media.sealed_key or b"") for media in Media.objects.filter(**world.mine)}
    folder = django_settings.DATA_DIR / "media"
    files = {key: (folder / key).read_bytes() for key in before}

    encrypted(NEW, OLD)
    assert rotate(master_keys()).wrapped == 3
    assert rotate(master_keys()).wrapped == 0
    encrypted(NEW)

    assert files == {key: (folder / key).read_bytes() for key in before}
    assert {b"E1" in content for key, content in files.items() if before[key]} == {False}
    assert statuses(world.stored(job)) == ["UPDATED", *["UNCHANGED"] * 4]
    assert statuses(world.stored(plain)) == ["CREATED"] * 5
    assert count_files(master_keys()) == (3, 0)
    encrypted(OLD)
    with pytest.raises(MasterKeyMissing):
        read_verified(world.stored(job).result)
    assert json.loads(answer("GET", "/readyz").content)["encryption"] == "unavailable"


def test_swapped_and_cut_files_are_damaged(own_folder: None, world: World, encrypted: Callable[..., None]) -> None:
    """Whether the whole file is read or a range of it; erasing writes an encrypted file too."""
    encrypted(OLD)
    job = world.send(FIVE)
    folder = django_settings.DATA_DIR / "media"
    source, result = folder / job.source.storage_key, folder / job.result.storage_key
    first, second = source.read_bytes(), result.read_bytes()

    source.write_bytes(second)
    result.write_bytes(second[:-1])
    for media in (job.source, job.result):
        with pytest.raises(DamagedMedia):
            b"".join(open_part(media, start=0, end=5))
    result.write_bytes(bytes([second[0] ^ 1]) + second[1:])
    with pytest.raises(DamagedMedia):
        b"".join(open_part(job.result, start=0, end=5))
    source.write_bytes(first)
    result.write_bytes(second)

    erase_person(world.organization, "ana@example.com", by=world.owner, now=MONDAY)

    rewritten = world.stored(job).result
    assert rewritten.sealed_key is not None
    assert rewritten.storage_key != job.result.storage_key
    assert b"ana@" not in read_verified(rewritten)
    assert b"bo@" in read_verified(rewritten)
