"""How an operation of the API is made: its scope, what its caller must be allowed, and everything around its call."""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from django.http import HttpRequest
from ninja import Router
from ninja.decorators import decorate_view
from ninja.security.base import AuthBase

from orgsync.server.api_v1.calls import Terms, around
from orgsync.server.orgs.access import Permission
from orgsync.server.tokens.limits import Call
from orgsync.server.tokens.scopes import Scope

CSV: Final = "text/csv"
"""Instead of a shape: the view answers a file."""
View = TypeVar("View", bound=Callable[..., Any])
PERMISSIONS_KEY: Final = "x-orgsync"
"""Under which an operation's terms stand in the document until `description` puts them where they belong."""


class Bearer(AuthBase):
    """An access token in the Authorization header, and nowhere else; blanks around it do not count."""

    openapi_type: str = "http"
    openapi_scheme: str = "bearer"

    def __call__(self, request: HttpRequest) -> Any:
        """Return the token that `calls.around` has checked before anything of the operation ran."""
        return getattr(request, "token", None)


class Resource(Router):
    """The operations on one kind of thing; add it to `urls.RESOURCES`."""

    def __init__(self, name: str, about: str) -> None:
        """Make a resource; `about` is one sentence for the document."""
        super().__init__(tags=[name])
        self.name, self.about = name, about

    def on(  # noqa: PLR0917  the terms of an operation
        self,
        method: str,
        path: str,
        scope: Scope | None,
        answers: Any,
        status: int = 200,
        permission: Permission | None = None,
        also: Sequence[Scope] = (),
        counts_as: Call = Call.OTHER,
    ) -> Callable[[View], View]:
        """
        Register a view.

        `answers` is a shape, or CSV. `scope` is what the token needs (None: any good token), `also` what it needs
        besides. With a permission, whoever made the token must have it for everybody, and the view finds their role as
        `request.admin`.
        """
        terms = Terms(scope, tuple(also), permission, counts_as, is_file=answers == CSV)

        def register(view: View) -> View:
            self.add_api_operation(
                path,
                [method],
                decorate_view(around(terms))(view),
                auth=Bearer(),
                response={status: None if answers == CSV else answers},
                exclude_unset=True,
                operation_id=view.__name__,
                summary=(view.__doc__ or view.__name__.replace("_", " ").capitalize()).strip().split("\n")[0],
                openapi_extra={PERMISSIONS_KEY: terms},
            )
            return view

        return register

    def get(self, path: str, scope: Scope | None, answers: Any, **more: Any) -> Callable[[View], View]:  # type: ignore[override]
        return self.on("GET", path, scope, answers, **more)

    def post(self, path: str, scope: Scope | None, answers: Any, **more: Any) -> Callable[[View], View]:  # type: ignore[override]
        return self.on("POST", path, scope, answers, **more)

    def patch(self, path: str, scope: Scope | None, answers: Any, **more: Any) -> Callable[[View], View]:  # type: ignore[override]
        return self.on("PATCH", path, scope, answers, **more)

    def put(self, path: str, scope: Scope | None, answers: Any, **more: Any) -> Callable[[View], View]:  # type: ignore[override]
        return self.on("PUT", path, scope, answers, **more)

    def delete(self, path: str, scope: Scope | None, answers: Any, **more: Any) -> Callable[[View], View]:  # type: ignore[override]
        return self.on("DELETE", path, scope, answers, **more)
