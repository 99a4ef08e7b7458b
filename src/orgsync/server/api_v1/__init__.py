"""
Our own API, `/api/v1`: JSON described by OpenAPI 3.1, for all that LinkedIn's wire lacks.

How a resource is added (look at `contents.py` for a small whole one):

1. A module named as the resource, with `resource = Resource("contents", "What the tag says")` from `operations`.
2. A function for each operation, under `@resource.get("/contents", Scope.DIRECTORY_READ, answers=Listed[ContentShape])`
   (or `.post`, `.patch`, `.put`, `.delete`). It takes an `ApiRequest` (its token is checked: `organization`, `token`),
   path parameters (`"/contents/{int:content_id}"`, annotated `Id`), `Query[…]` schemas and one body schema, and returns
   what the answer's schema reads. Its first docstring line is the summary. Its name is the operation's id: unique.
   `permission=` names what whoever made the token must be allowed for everybody; it takes a `MakerRequest` then, whose
   `admin` is their role.
3. Shapes are `Shape` (answers) and `Body` (what is sent; unknown fields are refused) from `shapes`; every text has a
   limit. Lists answer `Listed[…]`: `listing` pages by id, `paging` makes and reads cursors; a list is never cut
   otherwise.
4. Do the work by the functions that pages and commands use (`uploads/`, `directory/`, `learning/`, …); whatever writes
   people, groups or licenses is a job: answer `JobShape` with 202.
5. Say no by `refusals`, raise another `ApiError` (`api.errors`), or let refusals of the house rise:
   `problems.CONFLICTS` are answered by 409. Another organization's object is not found: look everything up within
   `request.organization`.
6. Two resources never share an address: what changes and what reads one is registered on one `resource`.
7. Add the module to `RESOURCES` in `urls.py`. Scopes, problems, rate limits, Idempotency-Key, request ids, the
   document (`/api/v1/openapi.json`), `docs/reference/api.md` (`make docs`) and the tests over all operations follow by
   themselves. `tests/server/api_v1/` holds the world that they run in: give it one object of the new kind.
"""
