"""Ready-made Lark grammars, as text for `CFG`.

- `arithmetic`: sums, products, signs and brackets.
- `json`: any JSON document.
"""

from pathlib import Path

_FOLDER = Path(__file__).parent

arithmetic = (_FOLDER / "arithmetic.lark").read_text(encoding="utf-8")
json = (_FOLDER / "json.lark").read_text(encoding="utf-8")

__all__ = ["arithmetic", "json"]
