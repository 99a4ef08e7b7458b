"""The sign-in library's OpenID Connect, a little stricter, and with addresses of our own."""

import secrets
from typing import Any, Final

import jwt
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest, HttpResponse

from orgsync.server.signon.calling import guarded_session
from orgsync.server.signon.configuring import SignOnRefused, callback_address, discover

ALGORITHMS: Final = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Those with a public key: the client secret signs nothing."""
AS_LEARNER: Final = "as_learner"
"""What the state of a sign-in says when it leads to the learner pages, not to the Account Center."""
LEEWAY: Final = 60
"""Seconds by which the clocks of two machines may differ."""


class OrganizationFlow(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth has no types
    """One sign-in at one provider. Whatever is wrong with an answer is an OAuth2Error."""

    @property
    def openid_config(self) -> dict[str, Any]:
        if not hasattr(self, "_found"):
            try:
                self._found = discover(self.get_provider().app.settings["server_url"])
            except SignOnRefused as refused:
                raise OAuth2Error(refused.reason) from refused
        return self._found

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:  # noqa: ARG002  allauth's signature
        return callback_address(self.provider_id)

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **answer: Any) -> SocialLogin:
        """Check the ID token, signature included, and that what is said of the person is of this person."""
        id_token = answer["response"].get("id_token")
        if not isinstance(id_token, str):
            raise OAuth2Error("The provider gave no ID token.")
        try:
            claims = self._decode_id_token(app, id_token)
            if "userinfo_endpoint" in self.openid_config:
                said = self._fetch_user_info(token.token)
                if said["sub"] != claims["sub"]:
                    raise OAuth2Error("The provider speaks of two people.")
                about = {**claims, **said}
            else:
                about = claims
            login = self.get_provider().sociallogin_from_response(request, {"id_token": about})
        except (KeyError, ValueError, TypeError) as error:
            raise OAuth2Error(f"The provider's answer cannot be read ({type(error).__name__}).") from error
        login.nonce = claims.get("nonce")
        return login

    def _decode_id_token(self, app: SocialApp, id_token: str) -> dict[str, Any]:
        """Check signature, issuer, audience and times. The library wants a key's name, which one key needs not have."""
        with guarded_session() as session:
            answer = session.get(self.openid_config["jwks_uri"])
            answer.raise_for_status()
        try:
            kid = jwt.get_unverified_header(id_token).get("kid")
            keys = [key for key in jwt.PyJWKSet.from_dict(answer.json()).keys if kid in {None, key.key_id}]
            if len(keys) != 1:
                raise OAuth2Error("No key of the provider fits its ID token.")
            claims: dict[str, Any] = jwt.decode(
                id_token,
                keys[0].key,
                algorithms=ALGORITHMS,
                audience=app.client_id,
                issuer=self.openid_config["issuer"],
                leeway=LEEWAY,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except jwt.PyJWTError as error:
            raise OAuth2Error(f"The ID token is not in order: {error}") from error
        return claims


class OrganizationProvider(OpenIDConnectProvider):  # type: ignore[misc]
    """An organization's provider. Nothing of what it says of a person is stored but their name for it."""

    oauth2_adapter_class = OrganizationFlow

    def redirect(
        self,
        request: HttpRequest,
        process: str,  # noqa: ARG002  accounts are linked by no other way than signing in
        next_url: str | None = None,
        data: Any = None,
        **_from_request: Any,
    ) -> HttpResponse:
        nonce = secrets.token_urlsafe(16)
        # What is not known here is kept with the state, until the provider sends the person back.
        more = {"auth_params": {"nonce": nonce}, "nonce": nonce, AS_LEARNER: request.GET.get("as") == "learner"}
        answer: HttpResponse = super().redirect(request, AuthProcess.LOGIN, next_url, data, **more)
        return answer

    def extract_extra_data(self, data: Any) -> dict[str, Any]:  # noqa: ARG002  allauth's signature
        return {}

    def extract_email_addresses(self, data: dict[str, Any]) -> list[EmailAddress]:
        said = data["id_token"]
        address, verified = said.get("email"), said.get("email_verified")
        if not isinstance(address, str) or not address:
            return []
        # Some say it as a word; "false" is not true.
        return [EmailAddress(email=address, verified=verified is True or verified == "true", primary=True)]
