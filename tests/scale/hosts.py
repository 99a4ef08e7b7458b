"""Hosts on one machine: network namespaces on a bridge, each with an address of its own, and cables that can be cut."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

MISSING: Final = "Several hosts on one machine need root, `ip` (iproute2) and `iptables`."
Heal = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Host:
    """One host. Without a namespace it is an address of this machine, which nothing can cut off."""

    name: str
    address: str
    namespace: str = ""
    cable: str = ""
    """The bridge's end of its cable."""

    def command(self, argv: Sequence[str], *, account: str | None = None) -> list[str]:
        """Return the command line that runs a program on this host, as that account if we are root."""
        stepped = ["setpriv", "--reuid", account, "--regid", account, "--clear-groups"] if account else []
        inside = ["ip", "netns", "exec", self.namespace] if self.namespace else []
        return [*inside, *(stepped if os.geteuid() == 0 else []), *argv]


def why_not() -> str:
    """Return why there can be no hosts here; empty when there can."""
    if os.geteuid() or not shutil.which("ip") or not shutil.which("iptables"):
        return MISSING
    probe = f"orgsync-probe-{os.getpid()}"
    if _try("ip", "netns", "add", probe):
        _run("ip", "netns", "del", probe)
        return ""
    return f"{MISSING} This machine forbids namespaces."


def local_hosts(*names: str, group: int = 0) -> dict[str, Host]:
    """Return hosts that are addresses of this machine; groups do not share any."""
    return {name: Host(name, f"127.{os.getpid() % 250 + 1}.{group}.{number}") for number, name in enumerate(names, 11)}


@contextmanager
def network(*names: str) -> Iterator[dict[str, Host]]:
    """Make a bridge and a host of each name; everything is gone at the end, with the processes' network."""
    tag = f"{os.getpid() % 100_000}"
    part = f"10.213.{os.getpid() % 250}"
    bridge = f"osb{tag}"
    with ExitStack() as stack:
        _run("ip", "link", "add", bridge, "type", "bridge")
        stack.callback(_run, "ip", "link", "del", bridge)
        _run("ip", "addr", "add", f"{part}.1/24", "dev", bridge)
        _run("ip", "link", "set", bridge, "up")
        yield {
            name: _plug_in(stack, Host(name, f"{part}.{number}", f"os{tag}-{name}", f"osv{tag}-{number}"), bridge)
            for number, name in enumerate(names, 11)
        }


def gateway(hosts: dict[str, Host]) -> str:
    """Return the address at which hosts reach this machine."""
    return f"{next(iter(hosts.values())).address.rpartition('.')[0]}.1"


def cut(one: Host, other: Host) -> Heal:
    """Let nothing pass between two hosts, in silence, as a broken switch or a wrong rule does."""
    for chain, flag in (("INPUT", "-s"), ("OUTPUT", "-d")):
        _inside(one, "iptables", "-A", chain, flag, other.address, "-j", "DROP")
    return lambda: _forget(one, [("INPUT", "-s", other.address), ("OUTPUT", "-d", other.address)])


def unplug(host: Host) -> Heal:
    """Take the cable out."""
    _run("ip", "link", "set", host.cable, "down")
    return lambda: _run("ip", "link", "set", host.cable, "up")


def lose(host: Host, share: float) -> Heal:
    """Lose that share of what arrives at a host."""
    rule = ["INPUT", "-m", "statistic", "--mode", "random", "--probability", f"{share:g}", "-j", "DROP"]
    _inside(host, "iptables", "-A", *rule)
    return lambda: _inside(host, "iptables", "-D", *rule)


def _plug_in(stack: ExitStack, host: Host, bridge: str) -> Host:
    _run("ip", "netns", "add", host.namespace)
    stack.callback(_run, "ip", "netns", "del", host.namespace)
    _run("ip", "link", "add", host.cable, "type", "veth", "peer", "name", "eth0", "netns", host.namespace)
    # With its namespace it would go, too, but later, and the next network has cables of the same names.
    stack.callback(_run, "ip", "link", "del", host.cable)
    _run("ip", "link", "set", host.cable, "master", bridge, "up")
    _inside(host, "ip", "addr", "add", f"{host.address}/24", "dev", "eth0")
    for device in ("lo", "eth0"):
        _inside(host, "ip", "link", "set", device, "up")
    return host


def _forget(host: Host, rules: Sequence[tuple[str, str, str]]) -> None:
    for chain, flag, address in rules:
        _inside(host, "iptables", "-D", chain, flag, address, "-j", "DROP")


def _inside(host: Host, *argv: str) -> None:
    _run(*host.command(argv))


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, capture_output=True)


def _try(*argv: str) -> bool:
    return subprocess.run(argv, check=False, capture_output=True).returncode == 0
