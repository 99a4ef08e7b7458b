# ruff: noqa: E501 - a documented command is one line, however long
"""The documented commands, letter for letter. Only host and placeholders are replaced when they are run."""

HOST = "https://api.linkedin.com"

AUTOMATIC_UPLOAD = """\
curl -H 'Content-Type: multipart/form-data' -H
'Authorization: Bearer <OAUTH_TOKEN>' --form
'file=@</path/to/upload.csv>;type=text/csv' -X POST
"https://api.linkedin.com/media/upload?media_type=enterprise_csv_upload&auto_notify=true"
"""

MANUAL_UPLOAD = """\
curl -H 'Content-Type: multipart/form-data' -H
'Authorization: Bearer <OAUTH_TOKEN>' --form
'file=@</path/to/upload.csv>;type=text/csv' -X POST
"https://api.linkedin.com/media/upload?media_type=enterprise_csv_upload&auto_notify=false"
"""

PROCESS_AS_PRINTED = """\
curl -H 'Authorization: Bearer <OAUTH_TOKEN>' -H
'Content-Type: application/json' -X POST
"https://api.linkedin.com/v2/enterpriseUploadJobs?action=processFile" --data'{"mediaUrn":"urn:li:media: <CSV_FILE_HASH>"} '
"""
PROCESS = PROCESS_AS_PRINTED.replace("--data'", "--data '")

TRACK_AS_PRINTED = """\
curl -H 'Authorization: Bearer <OAUTH_TOKEN>' -X GET "<https://api.linkedin.com/v2/enterpriseUploadJobs/[JOB_ID>]"
"""
TRACK = TRACK_AS_PRINTED.replace('"<https', '"https').replace("[JOB_ID>]", "<JOB_ID>")

DOWNLOAD_AS_PRINTED = """\
curl -H 'Authorization: Bearer <OAUTH_TOKEN>' -X GET "https://api.linkedin.com/media/upload?media_type=enterprise_csv_upload&id=urn:li:media: <RESULT_FILE_HASH>" -o results.csv
"""
DOWNLOAD = DOWNLOAD_AS_PRINTED.replace("media: <", "media:<")

POWERSHELL = r"""
$uri = "https://api.linkedin.com/media/upload?media_type=enterprise_csv_upload&auto_notify=true"
$AuthHeader = @{'Authorization' = 'Bearer  <Auth token> '}
$boundary = [System.Guid]::NewGuid().ToString()

$filePath = "<File path>"
$fileContent = [System.IO.File]::ReadAllText($filePath)
$LF="`r`n"
$bodyLines = -join @("------$boundary$LF",
"Content-Disposition: form-data; name=`"uploadedfile`"; filename=`"AccountCenterImport.csv`"$LF",
"Content-Type: text/csv$LF$LF",
$fileContent,
"------$boundary--$LF")
Invoke-RestMethod -Uri $uri -Method Post -ContentType "multipart/form-data;boundary= `"----$boundary`"" -Body $bodyLines -Headers $AuthHeader
"""

POWERSHELL_BOUNDARY = "0f2d2f0e-6c4b-4b0f-9a5e-3f6f1f6f2a11"


def powershell_request(content: bytes, token: str) -> tuple[dict[str, str], bytes]:
    """Return headers and body as the script above sends them, for a file of these bytes."""
    body = b"".join(
        [
            f"------{POWERSHELL_BOUNDARY}\r\n".encode(),
            b'Content-Disposition: form-data; name="uploadedfile"; filename="AccountCenterImport.csv"\r\n',
            b"Content-Type: text/csv\r\n\r\n",
            content,
            f"------{POWERSHELL_BOUNDARY}--\r\n".encode(),
        ]
    )
    content_type = f'multipart/form-data;boundary= "----{POWERSHELL_BOUNDARY}"'
    return {"Authorization": f"Bearer  {token} ", "Content-Type": content_type}, body
