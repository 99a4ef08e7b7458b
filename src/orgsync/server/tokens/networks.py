"""Addresses and the networks they belong to."""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network


def is_network(text: str) -> bool:
    """Return whether the text is an address or a network such as 192.0.2.0/24, host bits zero."""
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def is_within(address: str | None, networks: Iterable[str]) -> bool:
    """Return whether the address lies in one of the networks; an address that cannot be read lies in none."""
    parsed = _parse(address)
    return parsed is not None and any(parsed in ip_network(network) for network in networks)


def lies_within(network: str, networks: Iterable[str]) -> bool:
    """Return whether a whole network lies in one of the networks."""
    inner = ip_network(network)
    for outer in map(ip_network, networks):
        if isinstance(inner, IPv4Network) and isinstance(outer, IPv4Network) and inner.subnet_of(outer):
            return True
        if isinstance(inner, IPv6Network) and isinstance(outer, IPv6Network) and inner.subnet_of(outer):
            return True
    return False


def peer_address(remote: str, forwarded_for: str, trusted: Sequence[str]) -> str | None:
    """
    Return the caller's address, or None when there is none to be read.

    `forwarded_for` (the X-Forwarded-For header) counts only while the address it came from is a trusted proxy:
    it is read from the right, up to the first address that is not one.
    """
    peer = _parse(remote)
    for hop in reversed(forwarded_for.split(",") if forwarded_for else []):
        if peer is None or not is_within(str(peer), trusted):
            break
        peer = _parse(hop)
    return None if peer is None else str(peer)


def _parse(address: str | None) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address((address or "").strip())
    except ValueError:
        return None
    # A dual-stack socket shows IPv4 callers as ::ffff:192.0.2.7.
    return getattr(parsed, "ipv4_mapped", None) or parsed
