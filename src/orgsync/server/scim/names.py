"""Names of the standard, and which column of ours each attribute means."""

from typing import Final

from orgsync.core.columns import CUSTOM_PREFIX

USER: Final = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP: Final = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE: Final = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ORGSYNC: Final = "urn:ietf:params:scim:schemas:extension:orgsync:2.0:User"
MESSAGES: Final = "urn:ietf:params:scim:api:messages:2.0:"
LIST: Final = f"{MESSAGES}ListResponse"
ERROR: Final = f"{MESSAGES}Error"
PATCH: Final = f"{MESSAGES}PatchOp"
SEARCH: Final = f"{MESSAGES}SearchRequest"
BULK_REQUEST: Final = f"{MESSAGES}BulkRequest"
BULK_RESPONSE: Final = f"{MESSAGES}BulkResponse"
EXTENSIONS: Final = (ENTERPRISE, ORGSYNC)
_CORES: Final = (f"{USER.lower()}:", f"{GROUP.lower()}:")

GROUP_IDS: Final = "g"
"""How ids of groups begin: an id is unique among all resources, and people have numbers too."""
ROOT: Final = "/scim/v2"
CONTENT_TYPE: Final = "application/scim+json"

EXTERNAL_ID: Final = f"{CUSTOM_PREFIX}scim_external_id"
"""Custom attribute of what the provider calls a person."""
USER_NAME: Final = f"{CUSTOM_PREFIX}scim_user_name"
"""Custom attribute of a userName that is not the person's address; absent where it is."""
EMAIL: Final = "primary_email_address"
USER_ID: Final = "unique_user_id"
STATUS: Final = "worker_status"
MANAGER: Final = "manager"
"""A fact of a user that is no column by itself: the manager's learner id."""

PLAIN: Final[dict[tuple[str, ...], str]] = {
    ("externalId",): EXTERNAL_ID,
    ("userName",): USER_NAME,
    ("title",): "work_title",
    ("userType",): "worker_type",
    ("name", "givenName"): "preferred_first_name",
    ("name", "familyName"): "preferred_last_name",
    (ENTERPRISE, "employeeNumber"): USER_ID,
    (ENTERPRISE, "department"): "department_name",
    (ENTERPRISE, "costCenter"): f"{CUSTOM_PREFIX}cost_center",
    (ENTERPRISE, "organization"): f"{CUSTOM_PREFIX}organization",
    (ENTERPRISE, "division"): f"{CUSTOM_PREFIX}division",
    (ORGSYNC, "jobFunction"): "job_function",
    (ORGSYNC, "jobLevel"): "job_level",
    (ORGSYNC, "profileDescription"): "profile_description",
}
"""Where an attribute of one text stands in a user → column."""
PHONES: Final = {"work": "work_phone_number", "mobile": "mobile_phone_number"}
"""Type of a phone number → column."""
COUNTRY: Final = "country_code"


def without_core(attribute: str) -> str:
    """Return an attribute, in lower case, without the address of the core's schema, which may stand before it."""
    return next((attribute[len(core) :] for core in _CORES if attribute.startswith(core)), attribute)
