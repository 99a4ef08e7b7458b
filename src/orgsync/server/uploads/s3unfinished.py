"""Uploads to S3 that were begun and never ended: listed and aborted by S3's own calls, which obstore does not offer.

Their parts take room and are paid for, and no list of objects shows them. The keys come from the environment, as
obstore's do; where a machine has its rights by its role instead, the bucket's lifecycle rule has to do this.
"""

import hashlib
import hmac
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, NamedTuple, Self
from urllib.parse import quote, urlsplit
from xml.etree.ElementTree import Element  # nosec B405 - the type only; defusedxml parses

import requests
from defusedxml.ElementTree import fromstring

_TIMEOUT: Final = 10  # seconds
_EMPTY: Final = hashlib.sha256(b"").hexdigest()
_MOST_PAGES: Final = 100
"""Of 1,000 uploads each; what is left is for the next day's sweep."""


class Unfinished(NamedTuple):
    """An upload that was begun."""

    key: str
    upload_id: str


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket, addressed by path, and the keys of an account that may write to it."""

    name: str
    prefix: str
    endpoint: str
    region: str
    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(repr=False, default="")

    @classmethod
    def from_environment(cls, url: str) -> Self | None:
        """Return the bucket of `s3://bucket/prefix`; None when the environment holds no keys."""
        access_key, secret_key = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
        if not (access_key and secret_key):
            return None
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
        endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        parts = urlsplit(url)
        return cls(
            name=parts.netloc,
            prefix=f"{parts.path.strip('/')}/".lstrip("/"),
            endpoint=(endpoint or f"https://s3.{region}.amazonaws.com").rstrip("/"),
            region=region,
            access_key=access_key,
            secret_key=secret_key,
            session_token=os.environ.get("AWS_SESSION_TOKEN", ""),
        )


def abort_unfinished(bucket: Bucket, *, before: datetime, now: datetime) -> int:
    """Abort every upload below the prefix that was begun before a time; return how many. Raises RequestException."""
    aborted = 0
    for found in _begun(bucket, before, now):
        _call(bucket, "DELETE", found.key, {"uploadId": found.upload_id}, now)
        aborted += 1
    return aborted


def _begun(bucket: Bucket, before: datetime, now: datetime) -> Iterator[Unfinished]:
    marks: dict[str, str] = {}
    for _page in range(_MOST_PAGES):
        page = fromstring(_call(bucket, "GET", "", {"uploads": "", "prefix": bucket.prefix, **marks}, now))
        for upload in page.iter(f"{_namespace(page)}Upload"):
            if datetime.fromisoformat(_text(upload, "Initiated")) < before:
                yield Unfinished(_text(upload, "Key"), _text(upload, "UploadId"))
        if _text(page, "IsTruncated") != "true":
            return
        marks = {"key-marker": _text(page, "NextKeyMarker"), "upload-id-marker": _text(page, "NextUploadIdMarker")}


def _call(bucket: Bucket, method: str, key: str, query: dict[str, str], now: datetime) -> bytes:
    """Make one call, signed by AWS Signature Version 4."""
    host = urlsplit(bucket.endpoint).netloc
    path = quote(f"/{bucket.name}" + (f"/{key}" if key else ""))
    asked = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in sorted(query.items()))
    headers = {"host": host, "x-amz-content-sha256": _EMPTY, "x-amz-date": f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"}
    if bucket.session_token:
        headers["x-amz-security-token"] = bucket.session_token
    headers["authorization"] = _authorization(bucket, f"{method}\n{path}\n{asked}", headers)
    answer = requests.request(
        method, f"{bucket.endpoint}{path}?{asked}", headers=headers, timeout=_TIMEOUT, allow_redirects=False
    )
    answer.raise_for_status()
    return answer.content


def _authorization(bucket: Bucket, asked: str, headers: dict[str, str]) -> str:
    signed = ";".join(sorted(headers))
    listed = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = hashlib.sha256(f"{asked}\n{listed}\n{signed}\n{_EMPTY}".encode()).hexdigest()
    moment = headers["x-amz-date"]
    scope = f"{moment[:8]}/{bucket.region}/s3/aws4_request"
    key = f"AWS4{bucket.secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{request}"
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    return f"AWS4-HMAC-SHA256 Credential={bucket.access_key}/{scope}, SignedHeaders={signed}, Signature={signature}"


def _namespace(element: Element) -> str:
    """Return how names of this answer begin; not every server that speaks S3 gives them a namespace."""
    return element.tag[: element.tag.index("}") + 1] if element.tag.startswith("{") else ""


def _text(element: Element, name: str) -> str:
    return element.findtext(f"{_namespace(element)}{name}", "")
