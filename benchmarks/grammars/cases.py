"""The grammars, each with texts that are sentences and texts that are not.

`definitions/` has each in the notation of every engine: `NAME.lark` for ours (`outlines.grammars.NAME` if there is no
such file), `NAME.llguidance`, and `NAME.ebnf` for XGrammar. `USUAL` are what applications ask for; `HARD` are where
engines pay: ambiguity, overlapping terminals, long free text, large counts, depth.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

DEFINITIONS = Path(__file__).parent / "definitions"


class Case(NamedTuple):
    name: str
    valid: tuple[str, ...]
    invalid: tuple[str, ...]


PROSE = (
    "The quick brown fox jumps over the lazy dog, and nobody minds; it was the best of times. In the year 1859 a book "
    "was written about two cities (London and Paris), which sold 200 million copies."
)
PROGRAM = """fn average(values, count) {
    let total = 0;
    let at = 0;
    while (at < count && values[at] != 0) { total = total + values[at]; at = at + 1; }
    if (count == 0) { return 0; } else { return total / count; }
}
print("average: \\"mean\\"", average([1, 2.5, 3 * (4 - 1)], 3), config.debug);
"""

USUAL = [
    Case("arithmetic", ("1+2*3", "-(4 - 5) / 6.5e3 * (12 + 345 - (67 / 8))"), ("1+", "(1", "1 2")),
    Case(
        "json",
        (
            '{"name": "Ada Lovelace", "born": 1815, "tags": ["mathematics", "engines", null, true], '
            '"address": {"city": "London", "geo": [51.5072, -0.1276e0]}, "note": "caf\\u00e9\\n"}',
            "[]",
        ),
        ("{", "[1,]", "{'a': 1}", "nul"),
    ),
    Case("calculator", ("x = 1 + 2\nrate = x ^ -2\nmax(x, rate * 1.5e3) % 3\n", "a=1"), ("x = ", "f()", "= 3")),
    Case("csv", ("name,born,city\r\nAda,1815,London\r\n" + 'a,"b ""c"",\n",d\r\n', ",,"), ('"a', 'a"b')),
    Case("iso_date", ("2024-02-29", "1999-04-30T12:00:00.512345+02:00"), ("2023-02-29", "2024-13-01", "2024-1-1")),
    Case(
        "xml",
        (
            '<?xml version="1.0"?><note id="n1"><to role="a&amp;b">Ada Lovelace</to><!-- draft --><body>Meet at '
            "the engine &#65; now</body><empty/></note>",
        ),
        ("<a>", "text", "<a b=c/>", "<a>&</a>"),
    ),
    Case("program", (PROGRAM, "x = 1;"), ("x = 1", "fn f(", "x = ;")),
]

HARD = [
    Case("ambiguous", ("one two, three (four five, six) seven, eight (nine) ten",), ("(", "a,,b")),
    Case("classes", ("alpha beta 12m Gamma-Delta <nested words 7 seven> foo - Bar it's a long line of words",), ("-",)),
    Case("prose", ("# Title\n" + PROSE + "\n" + PROSE + "\n# Next\n" + PROSE + "\n",), ("Title\n", "# A\n")),
    Case("counted", ("".join(f"key_{n}=value {n}, {PROSE[:60]};" for n in range(20)),), ("=1;", "a=;")),
    Case("json", ("[" * 300 + '{"a": [1, 2, "x"]}' + "]" * 300,), ("[" * 300 + "]" * 299,)),
    Case("arithmetic", ("(" * 200 + "1" + "+1)" * 200, "1" + "*2-3/4" * 100), ("(" * 200 + "1" + ")" * 199,)),
]


def schema(name: str) -> dict[str, str]:
    """A grammar's text for each engine."""
    from outlines import grammars

    ours = DEFINITIONS / f"{name}.lark"
    return {
        "ours": ours.read_text(encoding="utf-8") if ours.exists() else getattr(grammars, name),
        "llguidance": (DEFINITIONS / f"{name}.llguidance").read_text(encoding="utf-8"),
        "xgrammar": (DEFINITIONS / f"{name}.ebnf").read_text(encoding="utf-8"),
    }


def for_runner(cases: list[Case]) -> list[dict[str, Any]]:
    """The cases as the runner takes them."""
    return [
        {
            "id": case.name,
            "schema": schema(case.name),
            "tests": [
                {"text": text, "valid": valid}
                for valid in (True, False)
                for text in (case.valid if valid else case.invalid)
            ],
        }
        for case in cases
    ]
