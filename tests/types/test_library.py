"""The ready-made patterns, by texts that they match and texts that they do not."""

import importlib
import sys

import pytest

from outlines import types
from outlines.types import airports, countries, locale
from outlines.types.convert import convert

EXAMPLES = {
    types.string: (['"a b"', '""'], ["a", '"a"b"', '"']),
    types.integer: (["0", "-12"], ["01", "1.0"]),
    types.number: (["1.5", "-2e10"], [".5", "inf"]),
    types.boolean: (["True", "False"], ["true"]),
    types.date: (["2024-02-29"], ["2023-02-29", "20240229"]),
    types.time: (["12:30:00"], ["25:00"]),
    types.datetime: (["2024-02-29 12:30:00", "2024-02-29T12:30"], ["2024-02-29"]),
    types.digit: (["7"], ["77", "a"]),
    types.char: (["a", "é", "_"], ["-", "ab"]),
    types.newline: (["\n", "\r\n"], [" ", "\n\n"]),
    types.whitespace: ([" ", "\t"], ["a", "  "]),
    types.hex_str: (["0xFF", "1a"], ["0x", "g"]),
    types.uuid4: (["12345678-1234-4234-8234-123456789abc"], ["12345678-1234-1234-8234-123456789abc"]),
    types.ipv4: (["127.0.0.1"], ["127.0.0.256"]),
    types.ipv6: (["::", "2001:db8::1"], ["1::2::3"]),
    types.semver: (["1.0.0", "1.2.3-rc.1+b7"], ["1.0", "01.0.0", "1.0.0-01"]),
    types.mac_address: (["00:1A:2b:3c:4d:5e", "00-1A-2b-3c-4d-5e"], ["00:1A-2b:3c:4d:5e", "00:1A"]),
    types.hex_color: (["#fff", "#00FF00"], ["#ffff", "fff"]),
    types.slug: (["a-b-1"], ["a--b", "A", "-a"]),
    types.credit_card: (["4111111111111111", "2221000000000000", "378282246310005"], ["1111111111111111", "4111"]),
    types.sentence: (
        ["A word.", "It is 23.5 degrees!", "Did you earn $1,234.56 ?", "Hello @world, a test!"],
        ["a word.", "A word", "One. Two."],
    ),
    types.paragraph: (["One. Two!\n"], ["One. Two!", "One.Two.\n"]),
    types.email: (["a.b@example.com"], ["a@b", "a b@example.com"]),
    types.isbn: (["9783161484100", "978-3-16-148410-0", "316148410X", "3-16-148410-X"], ["978-3-16-148410", "12"]),
    locale.us.zip_code: (["12345", "12345-6789"], ["1234", "12345-"]),
    locale.us.phone_number: (["(123) 456-7890", "123-456-7890"], ["1234567890"]),
}


@pytest.mark.parametrize("term", EXAMPLES, ids=lambda term: term.value[:30])
def test_examples(term):
    matching, other = EXAMPLES[term]
    for text in matching:
        assert term.matches(text), text
    for text in other:
        assert not term.matches(text), text


def test_airports():
    assert convert(airports.IATA).parse("RIX") is airports.IATA.RIX
    with pytest.raises(ValueError, match="'XXXX' is not one of"):
        convert(airports.IATA).parse("XXXX")


def test_countries():
    latvia = [enum.LV.value for enum in (countries.Alpha2, countries.Numeric, countries.Name, countries.Flag)]
    assert latvia == [
        "LV",
        "428",
        "Latvia",
        "\N{REGIONAL INDICATOR SYMBOL LETTER L}\N{REGIONAL INDICATOR SYMBOL LETTER V}",
    ]
    assert countries.Alpha3.LVA.value == "LVA"


@pytest.mark.parametrize(("module", "package"), [("airports", "airportsdata"), ("countries", "iso3166")])
def test_a_missing_package_is_named(monkeypatch, module, package):
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.delitem(sys.modules, f"outlines.types.{module}")
    with pytest.raises(ImportError, match=rf"pip install 'outlines-vllm\[{module}\]'"):
        importlib.import_module(f"outlines.types.{module}")
