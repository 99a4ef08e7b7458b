"""The panel for identity providers: the address, and a token prepared for it."""

from html import unescape

from django.conf import settings
from django.test import Client

from tests.server.web.tokens_page import PAGE, text_of


def test_address_and_a_prepared_form(alice: Client) -> None:
    """
    The link fills the form in: a feed of its own, and no more scopes than it needs.
    """
    plain, prepared = text_of(alice), unescape(alice.get(f"{PAGE}?for=scim").content.decode())

    assert f"{settings.BASE_URL}/scim/v2" in plain
    assert '<a class="button" href="?for=scim">' in plain
    ticked = [
        line for line in prepared.split("<input ") if " checked" in line.split(">")[0] and 'name="scopes"' in line
    ]
    powerful = [line for line in prepared.split("<input ") if " checked" in line.split(">")[0] and '"powerful"' in line]
    assert ['value="directory:read"' in line for line in ticked] == [True]
    assert ['value="directory:write"' in line for line in powerful] == [True]
    assert 'value="Identity provider"' in prepared
    assert 'value="SCIM"' in prepared
