"""Files at an sftp:// address. The server's key is checked, always; ours is a key or a password."""

import base64
import hashlib
import io
import posixpath
import stat
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from orgsync.client.extras import needed
from orgsync.client.secrets import is_reference
from orgsync.client.sources.base import NothingThere, SourceRefused, SourceUnavailable
from orgsync.client.sources.options import Options
from orgsync.client.sources.places import Entry, fits, split_pattern

paramiko: Any = needed("paramiko", extra="sftp")

PORT: Final = 22
_TIMEOUT: Final = 60.0


class HostKeyUnknown(SourceRefused):
    """The server's key is not the one that it should have; nothing was sent."""

    def __init__(self, host: str, fingerprint: str) -> None:
        self.fingerprint = fingerprint
        super().__init__(
            f"The key of {host} is not known here: {fingerprint}. Compare it with what the server's operator says, "
            f'then set host_key = "{fingerprint}" or add the server to known_hosts.'
        )


class SftpPlace:
    """Files of one SFTP server, over one connection that opens when it is needed."""

    def __init__(self, options: Options) -> None:
        self._options = options
        address = urlsplit(options.text("path"))
        self._host = address.hostname or ""
        if not self._host or address.path in {"", "/"}:
            raise options.wrong("path", "write sftp://user@host/folder/file.csv.")
        if address.password:
            raise options.wrong("path", "a password has no place in it; use password.")
        self._port = address.port or PORT
        self._user = unquote(address.username or "") or options.text("user")
        self._folder, self._pattern = split_pattern(unquote(address.path))
        self._ssh: Any = None
        self._open_sftp: Any = None

    @property
    def origin(self) -> str:
        return f"sftp://{self._host}{self._pattern}"

    def entries(self) -> list[Entry]:
        try:
            listed = self._sftp().listdir_attr(self._folder or "/")
        except FileNotFoundError as error:
            raise NothingThere(f"{self._host} has no folder {self._folder}.") from error
        except (OSError, paramiko.SSHException) as error:
            raise self._broke_off(error) from error
        found = ((posixpath.join(self._folder or "/", one.filename), one) for one in listed)
        return [
            Entry(name, float(one.st_mtime or 0))
            for name, one in found
            if fits(name, self._pattern) and stat.S_ISREG(one.st_mode or 0)
        ]

    def fetch(self, entry: Entry, folder: Path) -> Path:
        local = folder / Path(entry.name).name
        try:
            # `get` compares the sizes at the end, so that a file that broke off is noticed.
            self._sftp().get(entry.name, str(local))
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise self._broke_off(error) from error
        return local

    def close(self) -> None:
        if self._ssh is not None:
            self._ssh.close()

    def _sftp(self) -> Any:
        if self._open_sftp is None:
            self._open_sftp = self._connect()
        return self._open_sftp

    def _connect(self) -> Any:
        client = self._ssh = paramiko.SSHClient()
        wanted = self._options.text("host_key")
        if wanted:
            client.set_missing_host_key_policy(_Pinned(wanted))
        else:
            self._load_known_hosts(client)
            client.set_missing_host_key_policy(_Pinned(""))
        try:
            client.connect(self._host, self._port, **self._credentials())
            sftp = client.open_sftp()
            sftp.get_channel().settimeout(_TIMEOUT)
        except paramiko.BadHostKeyException as error:
            raise HostKeyUnknown(self._host, fingerprint_of(error.key)) from error
        except paramiko.AuthenticationException as error:
            raise SourceRefused(f"{self._host} does not let {self._user} in: {error}") from error
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise SourceUnavailable(
                f"{self._host} cannot be reached by SFTP: {error or type(error).__name__}"
            ) from error
        return sftp

    def _credentials(self) -> dict[str, Any]:
        if not self._user:
            raise self._options.wrong("path", "write who signs in: sftp://user@host/….")
        password, key = self._options.secret("password"), self._key()
        is_given = bool(password or key)
        return {
            "username": self._user,
            "password": password or None,
            "pkey": key,
            "timeout": _TIMEOUT,
            "allow_agent": not is_given,
            "look_for_keys": not is_given,
        }

    def _key(self) -> Any:
        """Return our key, from a file or from where a secret stands; None when the table names none."""
        text = self._options.text("key")
        if not text:
            return None
        written = self._options.secret("key") if is_reference(text) else self._key_file()
        passphrase = self._options.secret("key_passphrase") or None
        problem: Exception | None = None
        for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
            try:
                return kind.from_private_key(io.StringIO(written.strip() + "\n"), passphrase)
            except (paramiko.SSHException, ValueError) as error:
                problem = problem or error
        raise self._options.wrong("key", f"it is no private key that can be used: {problem}")

    def _key_file(self) -> str:
        path = self._options.path("key")
        try:
            return path.read_text(encoding="utf-8") if path else ""
        except (OSError, UnicodeDecodeError) as error:
            raise self._options.wrong("key", f"{path} cannot be read: {error}") from error

    def _load_known_hosts(self, client: Any) -> None:
        path = self._options.path("known_hosts")
        try:
            client.load_host_keys(str(path)) if path else client.load_system_host_keys()
        except OSError as error:
            raise self._options.wrong("known_hosts", f"{path} cannot be read: {error}") from error

    def _broke_off(self, error: BaseException) -> SourceUnavailable:
        return SourceUnavailable(f"{self._host}: the files cannot be read: {str(error) or type(error).__name__}")


class _Pinned:
    """Lets in the server whose key has one fingerprint, and nobody else."""

    def __init__(self, fingerprint: str) -> None:
        self._fingerprint = fingerprint

    def missing_host_key(self, client: Any, hostname: str, key: Any) -> None:  # noqa: ARG002  paramiko's signature
        found = fingerprint_of(key)
        if found != self._fingerprint:
            raise HostKeyUnknown(hostname, found)


def fingerprint_of(key: Any) -> str:
    """Return a key's fingerprint as `ssh-keygen -l` prints it."""
    digest = hashlib.sha256(key.asbytes()).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")
