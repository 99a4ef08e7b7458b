"""How requests to a web service are signed: not at all, user and password, a token, or OAuth client credentials."""

import base64
from typing import Any, Protocol

import httpx2

from orgsync.client.address import read_address
from orgsync.client.problems import retry_after
from orgsync.client.sources.base import SourceRefused, Trouble
from orgsync.client.sources.options import Options


class SignIn(Protocol):
    """Puts what the service knows us by on a request."""

    def sign(self, request: httpx2.Request) -> None:
        """Sign the request in place."""

    def renew(self) -> bool:
        """Try to get something newer after a refusal; return whether another try makes sense. Once only."""


def sign_in(options: Options, client: httpx2.Client) -> SignIn:
    """Return how the table says that requests are signed. Raise BadUsage when it says it twice."""
    ways = [name for name in ("user", "token", "oauth") if options.has(name)]
    if len(ways) > 1:
        raise options.wrong(ways[1], f"{' and '.join(ways)} are two ways to sign in; keep one.")
    oauth = options.table("oauth") if "oauth" in options.declared else None
    if oauth is not None:
        return ClientCredentials(oauth, client, allows_http=options.flag("allow_http"))
    if ways == ["user"]:
        return Fixed(basic(options.text("user"), options.secret("password")))
    return Fixed(f"Bearer {options.secret('token')}" if ways else "")


def basic(user: str, password: str) -> str:
    """Return the value of an Authorization header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class Fixed:
    """The same header on every request; none at all when it is empty."""

    def __init__(self, header: str) -> None:
        self._header = header

    def sign(self, request: httpx2.Request) -> None:
        if self._header:
            request.headers["Authorization"] = self._header

    def renew(self) -> bool:
        return False


class ClientCredentials:
    """OAuth 2.0 client credentials (RFC 6749, 4.4): a token is asked for when needed, and once more when refused."""

    def __init__(self, oauth: Options, client: httpx2.Client, *, allows_http: bool) -> None:
        self._oauth = oauth
        self._client = client
        self._token: str | None = None
        self._is_renewed = False
        self._address = _token_address(oauth, allows_http=allows_http)

    def sign(self, request: httpx2.Request) -> None:
        if not self._token:
            self._token = self._ask()
        request.headers["Authorization"] = f"Bearer {self._token}"

    def renew(self) -> bool:
        if self._is_renewed:
            return False
        self._is_renewed, self._token = True, None
        return True

    def _ask(self) -> str:
        form = {"grant_type": "client_credentials"}
        form |= {name: self._oauth.text(name) for name in ("scope", "audience") if self._oauth.has(name)}
        headers = {"Accept": "application/json"}
        user, secret = self._oauth.text("client_id"), self._oauth.secret("client_secret")
        if self._oauth.text("auth") == "basic":
            headers["Authorization"] = basic(user, secret)
        else:
            form |= {"client_id": user, "client_secret": secret}
        response = self._client.post(self._address, data=form, headers=headers)
        host = response.request.url.host
        if response.status_code >= 500 or response.status_code == 429:
            raise Trouble(f"{host} gave no token ({response.status_code}).", wait=retry_after(response))
        token = _token_in(response) if response.is_success else None
        if not token:
            raise SourceRefused(
                f"{host} gave no token ({response.status_code}). Check client_id, client_secret and scope."
            )
        return token


def _token_address(oauth: Options, *, allows_http: bool) -> str:
    return str(read_address(oauth.text("token_address"), allows_plain_http=allows_http))


def _token_in(response: httpx2.Response) -> str | None:
    try:
        body: Any = response.json()
    except ValueError:
        return None
    token = body.get("access_token") if isinstance(body, dict) else None
    return token if isinstance(token, str) else None
