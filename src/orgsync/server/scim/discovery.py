"""What the server says of itself: its abilities, its resource types, their schemas.

The standard's own models take more than half a second to load: import this module where it is asked for.
"""

from functools import cache
from typing import Annotated, Any

from django.conf import settings
from pydantic import Field
from scim2_models import (
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    ETag,
    Extension,
    Mutability,
    Patch,
    Reference,
    Required,
    Resource,
    ResourceType,
    Schema,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
)
from scim2_models import Filter as FilterAbility
from scim2_models.urn import URN

from orgsync.core.columns import PERMISSION_NAMES
from orgsync.server.scim.asked import MOST_BYTES, MOST_LISTED
from orgsync.server.scim.bulk import MOST_BULK
from orgsync.server.scim.names import ENTERPRISE, GROUP, ORGSYNC, ROOT, USER


class Name(ComplexAttribute):
    given_name: str | None = None
    family_name: str | None = None


class Email(ComplexAttribute):
    value: Annotated[str | None, Required.true] = None
    type: str | None = Field(None, examples=["work"])
    primary: bool | None = None


class PhoneNumber(ComplexAttribute):
    value: str | None = None
    type: str | None = Field(None, examples=["work", "mobile"])


class Address(ComplexAttribute):
    country: str | None = None
    type: str | None = Field(None, examples=["work"])


class Role(ComplexAttribute):
    value: str | None = Field(None, examples=list(PERMISSION_NAMES))
    display: Annotated[str | None, Mutability.read_only] = None


class Membership(ComplexAttribute):
    value: Annotated[str | None, Mutability.read_only] = None
    ref: Annotated[Reference["Group"] | None, Mutability.read_only] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    display: Annotated[str | None, Mutability.read_only] = None
    type: Annotated[str | None, Mutability.read_only] = Field(None, examples=["direct"])


class User(Resource[Any]):
    """A person who may learn."""

    __schema__ = URN(USER)

    user_name: Annotated[str | None, Uniqueness.server, Required.true] = None
    name: Name | None = None
    title: str | None = None
    user_type: str | None = None
    active: Annotated[bool | None, Required.true] = None
    emails: Annotated[list[Email] | None, Required.true] = None
    phone_numbers: list[PhoneNumber] | None = None
    addresses: list[Address] | None = None
    groups: Annotated[list[Membership] | None, Mutability.read_only] = None
    roles: Annotated[list[Role] | None, Mutability.read_only] = None


class Manager(ComplexAttribute):
    value: str | None = None
    ref: Reference["User"] | None = Field(None, serialization_alias="$ref", validation_alias="$ref")


class EnterpriseUser(Extension):
    """What employers say of people."""

    __schema__ = URN(ENTERPRISE)

    employee_number: Annotated[str | None, CaseExact.true] = None
    cost_center: str | None = None
    organization: str | None = None
    division: str | None = None
    department: str | None = None
    manager: Manager | None = None


class OrgsyncUser(Extension):
    """What else the directory has of people."""

    __schema__ = URN(ORGSYNC)

    job_function: str | None = None
    job_level: str | None = None
    profile_description: str | None = None


class Member(ComplexAttribute):
    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = None
    ref: Annotated[Reference["User"] | None, Mutability.immutable] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    type: Annotated[str | None, Mutability.immutable] = Field(None, examples=["User"])


class Group(Resource[Any]):
    """A set of people."""

    __schema__ = URN(GROUP)

    display_name: Annotated[str | None, Required.true] = None
    members: list[Member] | None = None


@cache
def schemas(*, with_permissions: bool) -> dict[str, dict[str, Any]]:
    """Return the schemas as JSON, by address; who may not change permissions finds them read-only."""
    found = {}
    for model in (User, EnterpriseUser, OrgsyncUser, Group):
        schema: Schema = model.to_schema()
        shown = schema.model_dump()
        shown["meta"] = {"resourceType": "Schema", "location": f"{settings.BASE_URL}{ROOT}/Schemas/{schema.id}"}
        found[str(schema.id)] = shown
    for attribute in found[USER]["attributes"]:
        if attribute["name"] == "roles" and with_permissions:
            attribute["mutability"] = "readWrite"
    return found


@cache
def resource_types() -> dict[str, dict[str, Any]]:
    """Return the resource types as JSON, by name."""
    found = {}
    for model in (User[EnterpriseUser | OrgsyncUser], Group):  # type: ignore[misc]  # a class made when it runs
        shown = ResourceType.from_resource(model).model_dump()
        shown["meta"] = {
            "resourceType": "ResourceType",
            "location": f"{settings.BASE_URL}{ROOT}/ResourceTypes/{shown['id']}",
        }
        found[shown["id"]] = shown
    return found


@cache
def service_provider_config() -> dict[str, Any]:
    scheme = AuthenticationScheme(
        type=AuthenticationScheme.Type.oauthbearertoken,
        name="Access token",
        description="A token of the Account Center, in the Authorization header.",
        primary=True,
    )
    config = ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=True, max_operations=MOST_BULK, max_payload_size=MOST_BYTES),
        filter=FilterAbility(supported=True, max_results=MOST_LISTED),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=True),
        etag=ETag(supported=True),
        authentication_schemes=[scheme],
    )
    shown = config.model_dump()
    location = f"{settings.BASE_URL}{ROOT}/ServiceProviderConfig"
    return shown | {"meta": {"resourceType": "ServiceProviderConfig", "location": location}}
