"""Ready-made Lark grammars, as text for `CFG`. Each is read when it is first asked for.

- `arithmetic`: sums, products, signs and brackets.
- `c_expression`: an expression of C, with all its operators.
- `calculator`: lines of arithmetic with variables and calls.
- `csv`: comma-separated values (RFC 4180).
- `graphql`: queries, mutations, subscriptions and fragments.
- `iso_date`: a date of ISO 8601, possibly with a time.
- `json`: any JSON document (RFC 8259).
- `sql_select`: SELECT statements, with joins, conditions, grouping and sub-queries.
- `xml`: nested elements with attributes and text.
"""

from __future__ import annotations

from pathlib import Path

arithmetic: str
c_expression: str
calculator: str
csv: str
graphql: str
iso_date: str
json: str
sql_select: str
xml: str

__all__ = ["arithmetic", "c_expression", "calculator", "csv", "graphql", "iso_date", "json", "sql_select", "xml"]


def __getattr__(name: str) -> str:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    text = (Path(__file__).parent / f"{name}.lark").read_text(encoding="utf-8")
    globals()[name] = text
    return text


def __dir__() -> list[str]:
    return __all__
