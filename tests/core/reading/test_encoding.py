"""Text in any encoding that HR systems write comes out as it was meant, and a guess is said aloud."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orgsync.core import encoding
from orgsync.core.csvfile import read_csv
from orgsync.core.encoding import first_bad_byte, read_text
from orgsync.core.errors import UnreadableFile
from orgsync.core.mojibake import find_mojibake
from orgsync.core.rows import RawFile

NAMES = "unique_user_id,preferred_first_name\r\n1,Zoë\r\n2,José Müller\r\n"


def warnings(raw: RawFile) -> list[str]:
    """Return the codes of the issues of the whole file."""
    return raw.issues["code"].to_list()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (NAMES.encode(), "utf-8"),
        (NAMES.encode("utf-8-sig"), "utf-8"),
        (b"\xff\xfe" + NAMES.encode("utf-16-le"), "utf-16-le"),
        (b"\xfe\xff" + NAMES.encode("utf-16-be"), "utf-16-be"),
        (NAMES.encode("utf-16-le"), "utf-16-le"),
        (NAMES.encode("utf-16-be"), "utf-16-be"),
        (NAMES.encode("utf-32"), "utf-32-le"),
    ],
)
def test_unicode_is_read_without_a_warning(content: bytes, name: str) -> None:
    """With and without byte order mark; the mark never becomes part of the first header."""
    raw = read_csv(content)

    assert raw.encoding == name
    assert raw.headers == ("unique_user_id", "preferred_first_name")
    assert raw.rows["c1"].to_list() == ["Zoë", "José Müller"]
    assert warnings(raw) == []


def test_utf16_of_another_script_behind_ascii_headers_is_recognised() -> None:
    """Only the headers are ASCII; the names are not."""
    text = "unique_user_id,preferred_first_name,preferred_last_name\n" + "1,太郎,山田\n" * 50

    raw = read_csv(text.encode("utf-16-le"))

    assert raw.rows["c1"].unique().to_list() == ["太郎"]


@pytest.mark.parametrize("name", ["utf-16-le", "utf-16-be"])
def test_utf16_that_lost_its_last_byte_is_read(name: str) -> None:
    """Some senders cut the last byte; half a line end is no loss."""
    raw = read_csv(NAMES.encode(name)[:-1])

    assert raw.rows.height == 2
    assert raw.rows["c1"].to_list() == ["Zoë", "José Müller"]


@pytest.mark.parametrize("content", [b"\xff\xfea\0,\0b", b"\xff\xfea\0\0\xd8b\0", b"\xff\xfe\0\0abc"])
def test_damaged_wide_text_is_refused(content: bytes) -> None:
    """Half a character in the middle is damage that nobody should guess about."""
    with pytest.raises(UnreadableFile) as refused:
        read_csv(content)

    assert refused.value.code == "not_csv"
    assert "damaged UTF-" in refused.value.reason


@pytest.mark.parametrize(
    ("text", "name", "spoken"),
    [
        ("unique_user_id,work_title\n1,“Café” – é\n", "cp1252", "Windows-1252"),
        ("unique_user_id,work_title\n1,Zoë\x81\n", "latin-1", "Latin-1"),
    ],
)
def test_single_byte_encodings_are_guessed_with_a_warning(text: str, name: str, spoken: str) -> None:
    """Windows-1252 unless a byte stands there that it does not have."""
    raw = read_csv(text.encode(name))

    assert raw.encoding == name
    assert raw.rows["c1"][0] == text.splitlines()[1][2:]
    assert warnings(raw) == ["encoding_guessed"]
    assert spoken in raw.issues["message"][0]


def test_one_windows_row_does_not_spoil_a_file_of_utf8() -> None:
    """The stray letter alone is read as Windows-1252; all others stay what they are."""
    content = (NAMES + "3,Ré\n").encode() + "4,Zoë “\n".encode("cp1252")

    raw = read_csv(content)

    assert raw.rows["c1"].to_list() == ["Zoë", "José Müller", "Ré", "Zoë “"]
    assert warnings(raw) == ["encoding_guessed"]
    assert "some letters in Windows-1252" in raw.issues["message"][0]


@pytest.mark.parametrize("example", ["Ã©", "Ã¼", "Â\u00a0", "â€™", "Å‚", "Ð¸", "å¤ª"])
def test_mojibake_is_named_with_its_row(example: str) -> None:
    """The text is left as it is; the warning shows a piece of it and where it stands."""
    raw = read_csv(f"unique_user_id,preferred_last_name\n1,Zoë\n2,x\n3,A{example}b\n".encode())

    assert warnings(raw) == ["mojibake"]
    assert f"“{example}”" in raw.issues["message"][0]
    assert "row 4" in raw.issues["message"][0]
    assert raw.rows["c1"][2] == f"A{example}b"


def test_mojibake_in_a_header_is_in_row_one() -> None:
    """Headers are looked at too."""
    raw = read_csv("unique_user_id,attribute_bÃ¼ro\n".encode())

    assert "row 1" in raw.issues["message"][0]


@pytest.mark.parametrize(
    "text", ["“CAFÉ”", "SÃO PAULO", "Ångström", "À la carte", "Straße", "Ærø", "Łódź", "Иван", "naïve Ö", "100 Å"]
)
def test_ordinary_names_are_no_mojibake(text: str) -> None:
    """Accents and quotation marks of many languages raise no alarm."""
    assert find_mojibake(text.encode()) is None


def test_all_latin_names_are_recognised_when_misread() -> None:
    """Whatever letter was misread, through Windows-1252 or Latin-1, is found."""
    letters = "àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿžščřňěłąęńśźżőűßđĆČŠŽ"

    for name in ("cp1252", "latin-1"):
        misread = [letter.encode().decode(name, "ignore") for letter in letters]
        assert all(find_mojibake(text.encode()) for text in misread if len(text) == 2)


@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_bad_bytes_are_found_at_chunk_borders(offset: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A letter cut by a chunk's end is sound; a bad byte is found where it stands."""
    monkeypatch.setattr(encoding, "CHUNK", 8)
    sound = b"a" * (6 + offset) + "€é".encode() + b"b"

    assert first_bad_byte(sound) is None
    assert first_bad_byte(sound + b"\xff") == len(sound)
    assert first_bad_byte(sound + b"\xe2\x82") == len(sound)
    assert read_text(sound + b"\xff").utf8.decode() == sound.decode() + "ÿ"


@settings(max_examples=200, deadline=None, derandomize=True)
@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=50), mark=st.booleans())
def test_utf8_passes_unchanged(text: str, mark: bool) -> None:
    """Text that is UTF-8 already is never rewritten, unless it looks like UTF-16 by its zeros."""
    content = text.encode()
    if "\0" in text or text.startswith("\ufeff"):
        return

    read = read_text(b"\xef\xbb\xbf" + content if mark else content)

    assert read.utf8 == content
    assert read.issues == ()
