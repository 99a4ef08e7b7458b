"""What a session that came by single sign-on opens: the organization of that provider alone.

Whoever runs an organization's identity provider can say to be any of its admins; they must not become, by that, what
the account is elsewhere. A session in which the password was given, too, is not limited.
"""

from allauth.account.authentication import get_authentication_records
from django.http import HttpRequest

from orgsync.server.signon.configuring import sign_ons_on


def organizations_open(request: HttpRequest) -> frozenset[int] | None:
    """Return the ids of the organizations that the session opens; None: whatever the account has.

    Single sign-on that has been switched off meanwhile opens nothing any more.
    """
    records = get_authentication_records(request, request.user)
    methods = {record["method"] for record in records}
    if "socialaccount" not in methods or "password" in methods:
        return None
    came_by = {record.get("provider") for record in records if record["method"] == "socialaccount"}
    return frozenset(sign_ons_on().filter(public_id__in=came_by).values_list("organization_id", flat=True))
