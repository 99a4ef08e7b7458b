"""`--tls-self-signed`: a certificate authority of this server's own and a certificate made by it."""

import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from orgsync.core.errors import OrgSyncError

# Apple's systems refuse a server certificate that is valid for longer than 825 days.
VALIDITY = timedelta(days=397)
RENEW_BEFORE = timedelta(days=30)
CLOCK_TOLERANCE = timedelta(days=1)
ALWAYS_NAMED = ("localhost", "127.0.0.1", "::1")
WILDCARDS = {"0.0.0.0", "::", ""}  # nosec B104 # noqa: S104 - names to leave out, nothing is bound here


class UnusableCertificate(OrgSyncError):
    """A file of the server's own certificate authority is damaged or incomplete."""

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        super().__init__(
            f"{path} {why}. Restore it, or delete the folder {path.parent} to have a new authority made; "
            "every client must then be told to trust the new one."
        )


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """The files that the web server needs, and the authority's certificate that clients need."""

    certificate: Path
    key: Path
    authority: Path


def self_signed(data_dir: Path, host: str, *, now: datetime) -> TlsFiles:
    """
    Return a certificate for this machine's names and `host`, signed by the data directory's own authority.

    The authority is made once and kept; the certificate is made anew when the names change or its
    end is near. Keys have mode 0600. Raises UnusableCertificate.
    """
    folder = data_dir / "tls"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = TlsFiles(folder / "server.pem", folder / "server.key", folder / "ca.pem")
    names = certificate_names(host)
    authority_is_new = not files.authority.exists()
    authority = _make_authority(files.authority) if authority_is_new else _load_authority(files.authority)
    if authority_is_new or not _is_good(files, names, now):
        _issue(authority, files, names, now)
    return files


def certificate_names(host: str) -> tuple[str, ...]:
    """Return the names and addresses the certificate is for, in a stable order."""
    given = () if host in WILDCARDS else (host,)
    return tuple(dict.fromkeys((*ALWAYS_NAMED, *_machine_names(), *given)))


def trust_text(authority: Path, base_url: str) -> str:
    """Return what to tell a person who must make a client trust this server."""
    return f"""\
This server made its own certificate authority. Nobody trusts it yet; its certificate is
  {authority}
Copy that file (never ca.key) to the client, then either name it on each call:
  curl --cacert ca.pem {base_url}/healthz
or trust it on the whole machine:
  Debian, Ubuntu  sudo cp ca.pem /usr/local/share/ca-certificates/orgsync.crt && sudo update-ca-certificates
  Fedora, RHEL    sudo trust anchor ca.pem
  macOS           sudo security add-trusted-cert -d -k /Library/Keychains/System.keychain ca.pem
  PowerShell      Import-Certificate -FilePath ca.pem -CertStoreLocation Cert:\\CurrentUser\\Root
curl on Windows also needs --ssl-revoke-best-effort: a private authority has no revocation list.
To stop trusting it, remove it from the same place."""


def _machine_names() -> tuple[str, ...]:
    names = (socket.gethostname(), socket.getfqdn())
    return tuple(name for name in names if _is_usable_name(name))


def _is_usable_name(name: str) -> bool:
    # A machine may be called anything; a certificate may not.
    return name.isascii() and all(0 < len(label) < 64 for label in name.split(".")) and "_" not in name


def _make_authority(certificate: Path) -> trustme.CA:
    machine = socket.gethostname()
    authority = trustme.CA(
        path_length=0, organization_name="orgsync", organization_unit_name=f"orgsync on {machine}"[:64]
    )
    # The key first: a certificate without its key would look complete at the next start.
    _write(certificate.with_suffix(".key"), authority.private_key_pem.bytes(), 0o600)
    _write(certificate, authority.cert_pem.bytes(), 0o644)
    return authority


def _load_authority(certificate: Path) -> trustme.CA:
    key = certificate.with_suffix(".key")
    if not key.exists():
        raise UnusableCertificate(key, "is missing")
    try:
        return trustme.CA.from_pem(certificate.read_bytes(), key.read_bytes())
    except ValueError as error:
        raise UnusableCertificate(certificate, "or its key is damaged") from error


def _is_good(files: TlsFiles, names: tuple[str, ...], now: datetime) -> bool:
    """Tell whether the present certificate is the authority's, for these names, and lasts a while."""
    if not (files.certificate.exists() and files.key.exists()):
        return False
    try:
        present = x509.load_pem_x509_certificate(files.certificate.read_bytes())
        present.verify_directly_issued_by(x509.load_pem_x509_certificate(files.authority.read_bytes()))
    except (ValueError, TypeError, InvalidSignature):
        return False
    return present.not_valid_after_utc > now + RENEW_BEFORE and _names_in(present) == set(names)


def _names_in(certificate: x509.Certificate) -> set[str]:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = {str(address) for address in names.get_values_for_type(x509.IPAddress)}
    return addresses | set(names.get_values_for_type(x509.DNSName))


def _issue(authority: trustme.CA, files: TlsFiles, names: tuple[str, ...], now: datetime) -> None:
    moment = now.astimezone(UTC).replace(tzinfo=None)
    made = authority.issue_cert(
        *names,
        common_name=names[-1][:64],
        organization_name="orgsync",
        organization_unit_name="orgsync server",
        not_before=moment - CLOCK_TOLERANCE,
        not_after=moment + VALIDITY - CLOCK_TOLERANCE,
    )
    chain = b"".join(part.bytes() for part in made.cert_chain_pems)
    _write(files.key, made.private_key_pem.bytes(), 0o600)
    _write(files.certificate, chain, 0o644)


def _write(path: Path, content: bytes, mode: int) -> None:
    """Replace a file as a whole; its mode is right from the first moment."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    draft.replace(path)
