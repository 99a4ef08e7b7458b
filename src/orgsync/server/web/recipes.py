"""Commands to copy: how a script sends a file to this host and fetches the results.

They send bytes, never text: a command that reads the file into a string may change its letters on the way.
"""

from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PLACEHOLDER: Final = "<OAUTH_TOKEN>"
"""Stands where the token belongs when it can no longer be shown."""
CLIENT_ID: Final = "<CLIENT_ID>"
CLIENT_SECRET: Final = "<CLIENT_SECRET>"  # nosec B105 # noqa: S105
_TOKEN: Final = "/oauth/v2/accessToken"  # nosec B105 # noqa: S105
_UPLOAD: Final = "/media/upload?media_type=enterprise_csv_upload"
_JOBS: Final = "/v2/enterpriseUploadJobs"


@dataclass(frozen=True, slots=True)
class Recipe:
    """One command, or a few that belong together."""

    slug: str
    title: Promise
    text: str


@dataclass(frozen=True, slots=True)
class Shell:
    """The commands of one shell, in the order of their use."""

    slug: str
    title: Promise
    recipes: tuple[Recipe, ...]


def shells(token: str = PLACEHOLDER) -> tuple[Shell, ...]:
    """Return the commands for this host with the token in place."""
    base: str = settings.BASE_URL
    return (_curl(base, token), _powershell_7(base, token), _powershell_5(base, token))


def token_shells(client_id: str = CLIENT_ID, secret: str = CLIENT_SECRET) -> tuple[Shell, ...]:
    """Return how an application fetches a token from this host and looks at it, with its client id and secret."""
    address = f"{settings.BASE_URL}{_TOKEN}"
    about = f"{settings.BASE_URL}/api/v1/token"
    fetch, use = _("Fetch an access token; it is good for 30 minutes"), _("Use it: what may it do?")
    curl = (
        Recipe(
            "curl-fetch",
            fetch,
            f"OAUTH_TOKEN=$(curl -sS -u '{client_id}:{secret}' \\\n  --data grant_type=client_credentials \\\n"
            f'  "{address}" | cut -d\'"\' -f4)',
        ),
        Recipe("curl-use", use, f'curl -sS -H "Authorization: Bearer $OAUTH_TOKEN" "{about}"'),
    )
    powershell = (
        Recipe(
            "ps-fetch",
            fetch,
            f'$Body = @{{ grant_type = "client_credentials"; client_id = "{client_id}"; client_secret = "{secret}" }}\n'
            f'$Token = Invoke-RestMethod -Method Post -Body $Body -Uri "{address}"',
        ),
        Recipe(
            "ps-use",
            use,
            '$Headers = @{ Authorization = "Bearer $($Token.access_token)" }\n'
            f'Invoke-RestMethod -Headers $Headers -Uri "{about}"',
        ),
    )
    return (Shell("curl", _("Linux, macOS: curl"), curl), Shell("ps", _("PowerShell"), powershell))


def _curl(base: str, token: str) -> Shell:
    call = """curl -sS -H "Authorization: Bearer $OAUTH_TOKEN\""""
    form = """-H 'Content-Type: multipart/form-data' --form 'file=@people.csv;type=text/csv'"""
    take = "| cut -d'\"' -f4)"
    recipes = (
        Recipe("curl-token", _("First: keep the token in a variable"), f"export OAUTH_TOKEN='{token}'"),
        Recipe(
            "curl-automatic",
            _("Automatic mode: upload, the rest goes by itself"),
            f'{call} \\\n  {form} \\\n  -X POST "{base}{_UPLOAD}&auto_notify=true"',
        ),
        Recipe(
            "curl-manual",
            _("Manual mode: upload, then process"),
            f'URN=$({call} \\\n  {form} \\\n  -X POST "{base}{_UPLOAD}&auto_notify=false" \\\n  {take}\n'
            f"JOB=$({call} -H 'Content-Type: application/json' \\\n"
            f'  -X POST "{base}{_JOBS}?action=processFile" \\\n'
            f'  --data "{{\\"mediaUrn\\":\\"$URN\\"}}" {take}\n'
            'echo "$JOB"',
        ),
        Recipe(
            "curl-track",
            _("Manual mode: track, until status is DONE, HELD, FAILED or CANCELLED"),
            f'{call} \\\n  -X GET "{base}{_JOBS}/$JOB"',
        ),
        Recipe(
            "curl-download",
            _("Download the results"),
            f'RESULT=$({call} \\\n  -X GET "{base}{_JOBS}/$JOB" \\\n'
            f'  | grep -o \'"resultMedia": "[^"]*"\' {take}\n'
            f'{call} \\\n  -X GET "{base}{_UPLOAD}&id=$RESULT" -o results.csv',
        ),
    )
    return Shell("curl", _("Linux, macOS: curl"), recipes)


def _powershell_7(base: str, token: str) -> Shell:
    return _powershell(
        "pwsh", _("PowerShell 7"), base, _headers(token), '-Form @{ file = Get-Item "C:\\hr\\people.csv" }'
    )


def _powershell_5(base: str, token: str) -> Shell:
    # Without this line Windows PowerShell 5 asks for TLS 1.0 on older machines; and it knows no -Form.
    first = "[Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12\n" + _headers(token)
    sent = '-ContentType "text/csv" -InFile "C:\\hr\\people.csv"'
    return _powershell("ps5", _("Windows PowerShell 5"), base, first, sent)


def _headers(token: str) -> str:
    return f'$Headers = @{{ Authorization = "Bearer {token}" }}'


def _powershell(slug: str, title: Promise, base: str, first: str, sent: str) -> Shell:
    post = "Invoke-RestMethod -Method Post -Headers $Headers"
    recipes = (
        Recipe(f"{slug}-token", _("First: keep the token in a variable"), first),
        Recipe(
            f"{slug}-automatic",
            _("Automatic mode: upload, the rest goes by itself"),
            f'{post} `\n  -Uri "{base}{_UPLOAD}&auto_notify=true" `\n  {sent}',
        ),
        Recipe(
            f"{slug}-manual",
            _("Manual mode: upload, process, wait"),
            f'$Media = {post} `\n  -Uri "{base}{_UPLOAD}&auto_notify=false" `\n  {sent}\n'
            "$Body = @{ mediaUrn = $Media.location } | ConvertTo-Json\n"
            f'$Job = {post} -ContentType "application/json" -Body $Body `\n'
            f'  -Uri "{base}{_JOBS}?action=processFile"\n'
            "do {\n  Start-Sleep -Seconds 5\n"
            f'  $Status = Invoke-RestMethod -Headers $Headers -Uri "{base}{_JOBS}/$($Job.value)"\n'
            '} until ($Status.status -in "DONE", "HELD", "FAILED", "CANCELLED")\n$Status',
        ),
        Recipe(
            f"{slug}-download",
            _("Download the results"),
            "Invoke-WebRequest -UseBasicParsing -Headers $Headers -OutFile results.csv `\n"
            f'  -Uri "{base}{_UPLOAD}&id=$($Status.resultMedia)"',
        ),
    )
    return Shell(slug, title, recipes)
