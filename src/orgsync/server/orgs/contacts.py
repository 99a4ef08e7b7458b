"""Whom people of an organization ask."""

from orgsync.server.orgs.models import Organization


def contacts_of(organization: Organization) -> dict[str, str]:
    """Return the contacts by what they are for; empty where none is given."""
    return {
        "Support": organization.support_contact,
        "Privacy": organization.privacy_contact,
        "Security": organization.security_contact,
    }
