"""The pages of the documentation, and what stands in them."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from pathlib import Path

from demo import ROOT

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, where its text begins, the text, and what it must print if the page says so."""

    language: str
    line: int
    text: str
    prints: str | None


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = list(FENCE.finditer(text))
    result = []
    for fence, following in itertools.zip_longest(found, found[1:]):
        direct = following is not None and text[fence.end() : following.start()].strip() == ""
        prints = following.group(2) if direct and following.group(1) == "text" else None
        result.append(Block(fence.group(1), text.count("\n", 0, fence.start(2)), fence.group(2), prints))
    return result
