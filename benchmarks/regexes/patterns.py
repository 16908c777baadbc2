"""The patterns, each with texts that it matches and texts that it does not.

Written in the syntax that every engine reads. `USUAL` are what applications ask a model for; `HARD` are where engines
pay: large counts, ambiguity, much to remember. The texts are as long as what a model would write.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Case(NamedTuple):
    name: str
    pattern: str
    valid: tuple[str, ...]
    invalid: tuple[str, ...]


PROSE = (
    "The quick brown fox jumps over the lazy dog, and nobody minds; it was the best of times. In the year 1859 a book "
    "was written about two cities (London and Paris), which sold 200 million copies. Its author wrote: whatever is "
    "worth doing is worth doing well - even slowly! Naive readers, cafe owners and engineers agreed"
)
WORDS = "structured generation lets a program rely on what a language model writes and that is worth having"

COUNTRIES = (
    "Argentina Australia Austria Belgium Bolivia Brazil Bulgaria Cameroon Canada Chile China Colombia Croatia Cuba "
    "Cyprus Denmark Ecuador Egypt Estonia Ethiopia Finland France Georgia Germany Ghana Greece Hungary Iceland India "
    "Indonesia Iran Iraq Ireland Israel Italy Japan Jordan Kenya Latvia Lithuania Malta Mexico Morocco Nepal Nigeria "
    "Norway Oman Pakistan Panama Peru Poland Portugal Romania Rwanda Senegal Serbia Slovakia Slovenia Spain Sweden "
    "Switzerland Thailand Tunisia Turkey Uganda Ukraine Uruguay Venezuela Vietnam Zambia Zimbabwe"
).replace(" ", "|")

OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
DATE = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"

USUAL = [
    Case("digits", "[0-9]+", ("42", "31415926535897932384626433832795"), ("4.2", "a")),
    Case("decimal", r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", ("-3.25e10", "0", "1234567.891"), ("01", "1.")),
    Case("yes or no", "(yes|no|maybe)", ("yes", "maybe"), ("y", "yess")),
    Case("country", f"({COUNTRIES})", ("Switzerland", "Oman"), ("Atlantis",)),
    Case("date", DATE, ("2024-02-29", "1999-12-31"), ("2024-13-01", "24-1-1")),
    Case(
        "date and time",
        DATE + r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})",
        ("2024-02-29T23:59:59.123456Z", "1999-12-31T00:00:00+01:00"),
        ("2024-02-29T24:00:00Z",),
    ),
    Case("IPv4", rf"{OCTET}(\.{OCTET}){{3}}", ("192.168.100.255", "8.8.8.8"), ("256.1.1.1", "1.2.3")),
    Case("IPv6", "([0-9a-f]{1,4}:){7}[0-9a-f]{1,4}", ("2001:db8:0:0:8d3:0:0:1",), ("2001:db8::1",)),
    Case(
        "UUID",
        "[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
        ("123e4567-e89b-12d3-a456-426614174000",),
        ("123e4567-e89b-62d3-a456-426614174000", "123e4567"),
    ),
    Case(
        "email",
        r"[a-zA-Z0-9._%+-]+@[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)*\.[a-zA-Z]{2,}",
        ("ada.lovelace+notes@analytical-engine.example.org",),
        ("ada@", "@example.org"),
    ),
    Case(
        "URL",
        r"https?://([a-z0-9-]+\.)+[a-z]{2,}(:[0-9]{1,5})?(/[A-Za-z0-9._~%!$&'()*+,;=:@-]*)*(\?[A-Za-z0-9._~%=&+-]*)?",
        ("https://docs.example.com:8443/guides/structured-generation/v1.2/index.html?lang=en&page=2",),
        ("ftp://example.com", "https://"),
    ),
    Case("phone", r"\(?[0-9]{3}\)?[-. ]?[0-9]{3}[-. ]?[0-9]{4}", ("(555) 123-4567", "555.123.4567"), ("555-12",)),
    Case("SSN", "[0-9]{3}-[0-9]{2}-[0-9]{4}", ("123-45-6789",), ("123-456-789",)),
    Case("colour", "#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})", ("#fff", "#1a2B3c"), ("#12345",)),
    Case(
        "version",
        r"v?(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?",
        ("1.20.3-beta.11+build.5114f85", "v0.0.1"),
        ("1.2", "01.2.3"),
    ),
    Case("identifier", "[A-Za-z_][A-Za-z0-9_]{0,62}", ("snake_case_identifier_number_17",), ("9lives", "a-b")),
    Case(
        "base64",
        "([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
        ("c3RydWN0dXJlZCBnZW5lcmF0aW9u",),
        ("c3R",),
    ),
    Case(
        "answer after reasoning",
        r"Reasoning: [^\n]{10,2000}\nAnswer: (-?[0-9]+|[A-E])",
        (f"Reasoning: {PROSE}\nAnswer: 42",),
        (f"Reasoning: {PROSE}\nAnswer: F",),
    ),
    Case(
        "sentence",
        r"[A-Z][^.!?\n]{1,300}[.!?]",
        ("The quick brown fox jumps over the lazy dog, and nobody minds.",),
        ("no",),
    ),
    Case("any line", ".*", (PROSE, ""), ("a\nb",)),
    Case("any text", r"[\s\S]*", (PROSE + "\n" + WORDS,), ()),
    Case("up to 1000 characters", ".{1,1000}", (PROSE, WORDS), ("",)),
    Case("up to 5000 characters", "[^\n]{0,5000}", (PROSE * 4,), ("\n",)),
    Case("up to 50 words", r"([a-z]+ ){0,49}[a-z]+", (WORDS,), ("Two  words",)),
    Case("Unicode words", r"\w+( \w+){0,99}", (WORDS, "naïve Σίσυφος слово 漢字 सच"), ("a, b",)),
    Case("bullets", "(- [^\n]{1,120}\n){3,8}", ("- first point\n- a second point, longer\n- third\n",), ("- one\n",)),
    Case("CSV", '([^,"\n]*,){4}[^,"\n]*\n', ("17,Ada,Lovelace,London,1815\n",), ("1,2,3\n",)),
    Case(
        "log line",
        r"\[[0-9:. -]{19,26}\] (DEBUG|INFO|WARNING|ERROR) [a-z_.]+: .{1,200}",
        ("[2024-02-29 23:59:59.123] WARNING engine.index: cache is 93% full, evicting 12 entries",),
        ("[now] INFO a: b",),
    ),
    Case(
        "tool call",
        r"<tool>(search|calculator|calendar)</tool><input>[^<>]{1,500}</input>(<tool>(search|calculator)</tool>)?",
        ("<tool>search</tool><input>weather in Paris on 14 July 1789, hourly</input>",),
        ("<tool>shell</tool><input>ls</input>",),
    ),
    Case(
        "object",
        r'\{"name": "[^"\\\x00-\x1f]{1,50}", "age": (0|[1-9][0-9]{0,2}), '
        r'"tags": \[("[a-z]{1,20}"(, "[a-z]{1,20}"){0,9})?\]\}',
        ('{"name": "Ada Lovelace", "age": 36, "tags": ["mathematics", "poetry", "engines"]}',),
        ('{"name": "", "age": 36, "tags": []}',),
    ),
    Case(
        "chess", r"(O-O(-O)?|[KQRBN]?[a-h]?[1-8]?x?[a-h][1-8](=[QRBN])?)[+#]?", ("Nbxd7+", "e8=Q#", "O-O-O"), ("Zd4",)
    ),
    Case(
        "flags i",
        "(?i)(select|insert|update|delete) [a-z_]{1,30}( where [a-z_]+ = [0-9]+)?",
        ("SELECT Users WHERE id = 17",),
        ("drop users",),
    ),
]

HARD = [
    Case("a{0,5000}", "a{0,5000}", ("a" * 700,), ("b",)),
    Case("(a?){200}", "(a?){200}", ("a" * 150,), ("a" * 201,)),
    Case("(x+x+)+y", "(x+x+)+y", ("x" * 120 + "y",), ("xy",)),
    Case("(a|aa){1,300}b{1,300}", "(a|aa){1,300}b{1,300}", ("a" * 200 + "b" * 200,), ("ba",)),
    Case("(.*a){20}", "(.*a){20}", (("banana split and a salad; " * 8) + "a",), ("a" * 19,)),
    Case(".*a.{20}", ".*a.{20}", ("an apple a day keeps the doctor away, said Anna at last",), ("bcd",)),
    Case(".{0,300}x.{0,300}", ".{0,300}x.{0,300}", (PROSE[:250],), ("abc",)),
    Case("words in lines", r"(\w{1,20} ){1,200}\w{1,20}", (WORDS + " " + WORDS,), (" a",)),
    Case("counted classes", r"([^\W\d_]{2,20}[0-9]{1,5}){1,100}", ("abc12defgh345ü" * 8 + "z9",), ("a1",)),
    Case(
        "overlapping counts",
        "[a-m]{1,200}[g-z]{1,200}[a-z ]{1,200}",
        ("a" + WORDS.replace(" ", "")[:60] + " and more",),
        ("1",),
    ),
    Case("nested counts", "((ab?){1,9}c){1,50}", ("abac" * 40,), ("c",)),
    Case(
        "500 words",
        "(" + "|".join(f"word{number * 7919 % 10007}" for number in range(500)) + ")",
        ("word7919",),
        ("word",),
    ),
]


def for_runner(cases: list[Case]) -> list[dict[str, Any]]:
    """The cases as the runner takes them."""
    return [
        {
            "id": case.name,
            "schema": case.pattern,
            "tests": [
                {"text": text, "valid": valid}
                for valid in (True, False)
                for text in (case.valid if valid else case.invalid)
            ],
        }
        for case in cases
    ]
