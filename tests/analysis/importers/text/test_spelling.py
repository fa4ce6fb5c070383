"""UTF-8 that was written as UTF-8 once more is read once."""

import pytest

from windtunnel.analysis.importers.text.spelling import written_once


@pytest.mark.parametrize(
    "text", ["café", "don\u2019t", "naïve \u2764", "日本", "Zoë \u20ac5", "\U0001f600 ok"]
)
@pytest.mark.parametrize("misread", ["cp1252", "latin-1"])
def test_utf_8_written_twice_is_read_once_and_else_left(text, misread):
    try:
        spoilt = text.encode().decode(misread)
    except UnicodeDecodeError:  # cp1252 has no sign for some bytes, and writers take Latin-1's
        spoilt = "".join(bytes([one]).decode(misread, "ignore") or chr(one) for one in text.encode())
    assert written_once(spoilt) == text == written_once(text)
    assert written_once(spoilt + " 漢") == spoilt + " 漢"
