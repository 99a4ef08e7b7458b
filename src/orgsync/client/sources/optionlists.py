"""What the table of each source may hold."""

from typing import Final

from orgsync.client.sources.options import Option, OptionKind

FILE_OPTIONS: Final = (
    Option("path", "Path, glob, `sftp://user@host/…` or `s3://bucket/…`.", OptionKind.ADDRESS, is_required=True),
    Option(
        "pick",
        "Which of the files that fit: the newest, all of them one below the other, or the only one there may be.",
        default="only",
        choices=("only", "newest", "all"),
    ),
    Option("sheet", "Name of the sheet of an Excel workbook; without it the first one that has rows."),
    Option("user", "SFTP: who signs in, where the address does not say it."),
    Option("password", "SFTP: the password.", OptionKind.HIDDEN),
    Option("key", "SFTP: file of the private key; `env:NAME` and `keyring:NAME` hold the key itself.", OptionKind.PATH),
    Option("key_passphrase", "SFTP: what the private key is locked with.", OptionKind.HIDDEN),
    Option("host_key", "SFTP: fingerprint of the server's key, as `SHA256:…`; else known_hosts has to have it."),
    Option("known_hosts", "SFTP: file of known servers; without it the user's own.", OptionKind.PATH),
    Option("endpoint", "S3: address of another service than Amazon's.", OptionKind.ADDRESS),
    Option("region", "S3: region of the bucket; else `AWS_REGION`."),
    Option("access_key_id", "S3: the key's name; else `AWS_ACCESS_KEY_ID` or the machine's role.", OptionKind.HIDDEN),
    Option("secret_access_key", "S3: the key; else `AWS_SECRET_ACCESS_KEY`.", OptionKind.HIDDEN),
    Option("session_token", "S3: token of a temporary key; else `AWS_SESSION_TOKEN`.", OptionKind.HIDDEN),
    Option("allow_http", "S3: let plain http pass to another machine.", OptionKind.FLAG, default=False),
)

SQL_OPTIONS: Final = (
    Option("url", "Address of the database, as SQLAlchemy writes it.", OptionKind.HIDDEN, is_required=True),
    Option("password", "The password, kept out of the address.", OptionKind.HIDDEN),
    Option("query", "The SELECT whose rows are the employees."),
    Option("query_file", "File that holds the SELECT.", OptionKind.PATH),
)

_OAUTH: Final = (
    Option("token_address", "Where tokens are given out.", OptionKind.ADDRESS, is_required=True),
    Option("client_id", "Our name there.", is_required=True),
    Option("client_secret", "Our secret there.", OptionKind.HIDDEN, is_required=True),
    Option("scope", "What the token is for, as the service calls it."),
    Option("audience", "Whom the token is for, where the service asks."),
    Option("auth", "How our secret travels: in a header or in the body.", default="basic", choices=("basic", "body")),
)

_WEB: Final = (
    Option("user", "User name (basic authentication)."),
    Option("password", "Its password.", OptionKind.HIDDEN),
    Option("token", "Bearer token, instead of a user.", OptionKind.HIDDEN),
    Option("oauth", "OAuth client credentials, instead of a user.", OptionKind.TABLE, options=_OAUTH),
    Option("headers", "Further headers of every request.", OptionKind.TEXT_TABLE),
    Option("ca", "The one certificate authority to trust (PEM).", OptionKind.PATH),
    Option("allow_http", "Let plain http pass to another machine.", OptionKind.FLAG, default=False),
)

_FIELDS: Final = Option(
    "fields",
    "Column → JMESPath in a record; without it every field is a column, inner objects as `outer.inner`.",
    OptionKind.TEXT_TABLE,
)
_PARAMS: Final = Option("params", "What stands behind the `?` of the address.", OptionKind.TEXT_TABLE)
_FORMAT: Final = Option("format", "What the service answers with.", default="json", choices=("json", "csv"))

_PAGING: Final = (
    Option(
        "kind",
        "`link`: a Link header; `next`: an address in the answer; `cursor`: a mark in it; `page`, `offset`: we count.",
        is_required=True,
        choices=("link", "next", "cursor", "page", "offset"),
    ),
    Option("next", "JMESPath of the next address or cursor.", default="next"),
    Option("param", "Name under which cursor, page or offset is sent; as the kind is called without it."),
    Option("size_param", "Name under which the size of a page is sent.", default="limit"),
    Option("size", "Records of a page to ask for.", OptionKind.WHOLE),
    Option("start", "First page or offset; 1 and 0 without it.", OptionKind.WHOLE),
    Option("total", "JMESPath of the number of all records; fewer of them are an error."),
)

REST_OPTIONS: Final = (
    Option("address", "Address of the service.", OptionKind.ADDRESS, is_required=True),
    _FORMAT,
    _PARAMS,
    Option("records", "JMESPath of the list of records; without it the answer is the list.", default="@"),
    _FIELDS,
    Option("paging", "How one page leads to the next.", OptionKind.TABLE, options=_PAGING),
    *_WEB,
)

BAMBOOHR_OPTIONS: Final = (
    Option("company", "Name of the company in the address of its BambooHR.", is_required=True),
    Option("api_key", "The API key.", OptionKind.HIDDEN, is_required=True),
    Option(
        "what",
        "An ad-hoc report of `fields`, the company directory, or a saved report.",
        default="custom",
        choices=("custom", "directory", "report"),
    ),
    Option("fields", "Fields of the ad-hoc report; without it those that a learning platform needs.", OptionKind.TEXTS),
    Option("report", "Number of the saved report.", OptionKind.WHOLE),
    Option("only_current", "Leave future values of fields with a history out.", OptionKind.FLAG, default=True),
    Option("address", "Another address than https://COMPANY.bamboohr.com.", OptionKind.ADDRESS),
    *(option for option in _WEB if option.name in {"headers", "ca", "allow_http"}),
)

WORKDAY_OPTIONS: Final = (
    Option("address", "Address of the report, without what stands behind `?`.", OptionKind.ADDRESS, is_required=True),
    _FORMAT,
    Option("params", "Prompts of the report.", OptionKind.TEXT_TABLE),
    _FIELDS,
    *_WEB,
)

SCIM_OPTIONS: Final = (
    Option("address", "Address of the service, without `/Users`.", OptionKind.ADDRESS, is_required=True),
    Option("filter", 'A SCIM filter, such as `userType eq "Employee"`.'),
    Option("size", "Users of a page to ask for.", OptionKind.WHOLE, default=200),
    _FIELDS,
    *_WEB,
)

SINGER_OPTIONS: Final = (
    Option("path", "File with the tap's output; `-` or nothing is standard input.", OptionKind.PATH, default="-"),
    Option("stream", "Name of the stream; without it the first one."),
)

DLT_OPTIONS: Final = (
    Option("path", "Folder of the dataset.", OptionKind.PATH, is_required=True),
    Option("table", "Name of the table.", is_required=True),
    Option("loads", "All loads, or the newest one alone.", default="all", choices=("all", "newest")),
)
