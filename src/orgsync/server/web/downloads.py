"""Files that a page sends as they are made."""

from collections.abc import Iterator
from typing import Final

from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import slugify

_CSV: Final = "text/csv; charset=utf-8"


def csv_attachment(chunks: Iterator[bytes], name: str) -> StreamingHttpResponse:
    """Send a CSV file that is called by what it holds and today's date; nobody between keeps it."""
    file_name = f"{slugify(name) or 'list'}-{timezone.localdate().isoformat()}.csv"
    headers = {
        "Content-Disposition": content_disposition_header(as_attachment=True, filename=file_name) or "attachment",
        "Cache-Control": "private, no-store",
    }
    return StreamingHttpResponse(chunks, content_type=_CSV, headers=headers)


def template_attachment(content: bytes, file_name: str) -> HttpResponse:
    """Send a CSV file to fill in; it is the same for everybody."""
    return HttpResponse(
        content, content_type=_CSV, headers={"Content-Disposition": f'attachment; filename="{file_name}"'}
    )
