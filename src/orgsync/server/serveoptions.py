"""What `serve`, `web` and `worker` can be told, and what of it must not be."""

from dataclasses import dataclass
from pathlib import Path

from orgsync.server.env import ConfigurationError
from orgsync.server.transport import UnsafeTransport, check_base_url, check_proxies, check_tls_files, is_loopback


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """Empty means the default or what the environment says."""

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 8080
    tls_cert: Path | None = None
    tls_key: Path | None = None
    tls_self_signed: bool = False
    behind_proxy: tuple[str, ...] = ()
    base_url: str | None = None
    smtp_url: str | None = None
    storage_url: str | None = None
    database_url: str | None = None
    queue_database_url: str | None = None
    workers: int | None = None
    web_threads: int = 8


def check_options(options: ServeOptions) -> None:
    """Raise UnsafeTransport or ConfigurationError for options that must not or cannot be used."""
    if (options.tls_cert is None) != (options.tls_key is None):
        raise ConfigurationError("--tls-cert", "needs --tls-key, and the other way round.")
    if options.tls_cert and options.tls_key:
        if options.tls_self_signed:
            raise ConfigurationError("--tls-self-signed", "cannot be used with --tls-cert; choose one.")
        check_tls_files(options.tls_cert, options.tls_key)
    check_proxies(options.behind_proxy)
    if options.base_url:
        check_base_url(options.base_url)
    is_protected = options.tls_cert or options.tls_self_signed or options.behind_proxy
    if not is_protected and not is_loopback(options.host):
        raise UnsafeTransport(options.host)
