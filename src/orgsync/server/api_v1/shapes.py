"""What all shapes of the API share: numbers that a database holds, and bodies that take no unknown field."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field, StrictBool, StrictInt

MOST: Final = 2**63 - 1

Id = Annotated[int, Field(ge=0, le=MOST)]
"""An id in an address or a query."""
Number = Annotated[StrictInt, Field(ge=0, le=MOST)]
"""A whole number in a body: no text, no fraction."""
SmallNumber = Annotated[StrictInt, Field(ge=0, le=2**31 - 1)]
Flag = StrictBool
Line = Annotated[str, Field(max_length=255)]
"""A text of one line."""
Text = Annotated[str, Field(max_length=10_000)]


def _address(value: str) -> str:
    try:
        validate_email(value.strip())
    except ValidationError as wrong:
        raise ValueError("This is no e-mail address.") from wrong
    return value.strip()


Address = Annotated[str, Field(min_length=3, max_length=254), AfterValidator(_address)]
"""An e-mail address; blanks around it do not count."""


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("This is no time that a calendar has.") from error


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A time with its zone; what the zone was does not matter further on."""


class Shape(Schema):
    """An answer."""


class Body(Schema):
    """What is sent; a field that nobody reads is refused, so that no typing error goes unseen."""

    model_config = ConfigDict(extra="forbid")


class ProblemError(Shape):
    """One thing wrong in a request."""

    where: str = Field(description="Place in the request, such as `body.title`.")
    what: str


class Problem(Shape):
    """Why a call is refused (RFC 9457)."""

    title: str
    status: int
    detail: str = Field(description="What is wrong, for a person to read.")
    code: str | None = Field(None, description="A word for programs, such as `NOT_POSSIBLE`.")
    instance: str | None = Field(None, description="`urn:uuid:` and the id under which the call stands in the log.")
    errors: list[ProblemError] | None = Field(None, description="Each thing that is wrong, where there are several.")


def iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def given(body: Body) -> dict[str, Any]:
    """Return only the fields that were sent."""
    return body.model_dump(exclude_unset=True)
