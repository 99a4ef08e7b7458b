"""The server's own certificate is trusted by whoever trusts its authority, and by nobody else."""

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orgsync.server.tls import TlsFiles, UnusableCertificate, certificate_names, self_signed, trust_text

NOW = datetime.now(UTC)


def shake_hands(files: TlsFiles, authority: Path | None, name: str) -> str | None:
    """Connect over real TLS; return None when the client is content, else its reason."""
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(files.certificate, files.key)
    client_side = ssl.create_default_context(cafile=None if authority is None else str(authority))
    near, far = socket.socketpair()

    def answer() -> None:
        try:
            server_side.wrap_socket(far, server_side=True).close()
        except (ssl.SSLError, ConnectionError):
            far.close()

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        client_side.wrap_socket(near, server_hostname=name).close()
    except ssl.SSLCertVerificationError as error:
        near.close()
        return error.verify_message
    finally:
        thread.join()
    return None


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1", "learning.example.com"])
def test_client_that_trusts_the_authority_is_content(tmp_path: Path, name: str) -> None:
    """
    Every name the server is reached by is in the certificate.
    """
    files = self_signed(tmp_path, "learning.example.com", now=NOW)

    assert shake_hands(files, files.authority, name) is None


def test_client_refuses_strangers_and_other_names(tmp_path: Path) -> None:
    """
    Without the authority, and for a name that is not in the certificate, the client refuses.
    """
    files = self_signed(tmp_path, "127.0.0.1", now=NOW)

    assert shake_hands(files, None, "localhost") is not None
    assert "mismatch" in (shake_hands(files, files.authority, "other.example.com") or "")


def test_files_are_kept_until_something_changes(tmp_path: Path) -> None:
    """
    The authority stays for good; the certificate is made anew for a new name or when its end is near.
    """

    def contents(host: str, now: datetime) -> tuple[bytes, bytes]:
        files = self_signed(tmp_path, host, now=now)
        return files.authority.read_bytes(), files.certificate.read_bytes()

    first = contents("127.0.0.1", NOW)
    same = contents("127.0.0.1", NOW + timedelta(days=300))
    renamed = contents("learning.example.com", NOW)
    late = contents("learning.example.com", NOW + timedelta(days=380))

    assert same == first
    assert {authority for authority, _ in (first, renamed, late)} == {first[0]}
    assert len({certificate for _, certificate in (first, renamed, late)}) == 3


def test_keys_are_for_the_owner_alone(tmp_path: Path) -> None:
    """
    Nobody else may read a key, and the folder is closed.
    """
    files = self_signed(tmp_path, "127.0.0.1", now=NOW)

    keys = [files.key, files.authority.with_suffix(".key")]
    assert {key.stat().st_mode & 0o777 for key in keys} == {0o600}
    assert files.key.parent.stat().st_mode & 0o777 == 0o700


def test_damaged_certificate_is_made_anew(tmp_path: Path) -> None:
    """
    Only the authority is precious.
    """
    files = self_signed(tmp_path, "127.0.0.1", now=NOW)
    files.certificate.write_text("nonsense", encoding="ascii")

    again = self_signed(tmp_path, "127.0.0.1", now=NOW)

    assert shake_hands(again, again.authority, "localhost") is None


@pytest.mark.parametrize("damage", ["missing key", "nonsense"])
def test_damaged_authority_is_a_clear_error(tmp_path: Path, damage: str) -> None:
    """
    A new authority is never made in silence: every client would have to trust it first.
    """
    files = self_signed(tmp_path, "127.0.0.1", now=NOW)
    if damage == "missing key":
        files.authority.with_suffix(".key").unlink()
    else:
        files.authority.write_text("nonsense", encoding="ascii")

    with pytest.raises(UnusableCertificate, match="delete the folder"):
        self_signed(tmp_path, "127.0.0.1", now=NOW)


def test_wildcard_address_is_no_name() -> None:
    """
    Nobody can connect to 0.0.0.0, so it is not in the certificate.
    """
    assert "0.0.0.0" not in certificate_names("0.0.0.0")


def test_trust_text_names_the_file_and_the_address() -> None:
    """
    A reader can copy the lines as they stand.
    """
    text = trust_text(Path("/data/tls/ca.pem"), "https://localhost:8080")

    assert "/data/tls/ca.pem" in text
    assert "curl --cacert ca.pem https://localhost:8080/healthz" in text
    assert "Import-Certificate" in text
