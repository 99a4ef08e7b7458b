"""What the table of each source may hold."""

from typing import Final

from orgsync.client.sources.options import Option, OptionKind

FILE_OPTIONS: Final = (
    Option("path", "Path, glob or address of the file.", OptionKind.ADDRESS, is_required=True),
    Option(
        "pick",
        "Which of the files that fit: the newest, all of them one below the other, or the only one there may be.",
        default="only",
        choices=("only", "newest", "all"),
    ),
)
