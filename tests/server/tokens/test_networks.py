"""Where a call comes from."""

import pytest

from orgsync.server.tokens.networks import is_network, is_within, peer_address

PROXIES = ("10.0.0.0/8", "2001:db8::1")


@pytest.mark.parametrize(
    ("remote", "forwarded", "expected"),
    [
        ("192.0.2.7", "", "192.0.2.7"),
        ("192.0.2.7", "203.0.113.9", "192.0.2.7"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("2001:db8::1", "203.0.113.9", "203.0.113.9"),
        ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "not an address", None),
        ("10.0.0.1", "203.0.113.9, not an address", None),
        ("", "203.0.113.9", None),
    ],
)
def test_forwarded_address_counts_only_from_a_proxy(remote: str, forwarded: str, expected: str | None) -> None:
    """A header that anybody can write is believed as far as trusted proxies wrote it."""
    assert peer_address(remote, forwarded, PROXIES) == expected


def test_unreadable_address_lies_nowhere() -> None:
    """No address, no access."""
    assert not is_within(None, ["0.0.0.0/0"])
    assert not is_within("somewhere", ["0.0.0.0/0"])
    assert is_within("192.0.2.7", ["198.51.100.0/24", "192.0.2.7"])
    assert not is_within("192.0.2.7", ["2001:db8::/32"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [("192.0.2.0/24", True), ("192.0.2.7", True), ("2001:db8::/32", True), ("192.0.2.7/24", False), ("office", False)],
)
def test_networks_have_no_host_bits(text: str, expected: bool) -> None:
    """192.0.2.7/24 is more likely a slip than a wish."""
    assert is_network(text) is expected
