"""The README and the documentation: every Python block runs as it stands, on the real engine.

The blocks of a page are one program, in their order. All pages run at once, a thread each, so that the engine batches
what they ask for. A program gets the model that is loaded already, whatever `LLM` it makes. Where a block of text
follows a Python block directly, it is what that block prints.
"""

from __future__ import annotations

import functools
import io
import itertools
import re
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from demo import ROOT

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, where its text begins, the text, and what it must print if the page says so."""

    language: str
    line: int
    text: str
    prints: str | None


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = list(_FENCE.finditer(text))
    result = []
    for fence, following in itertools.zip_longest(found, found[1:]):
        direct = following is not None and text[fence.end() : following.start()].strip() == ""
        prints = following.group(2) if direct and following.group(1) == "text" else None
        result.append(Block(fence.group(1), text.count("\n", 0, fence.start(2)), fence.group(2), prints))
    return result


def run(page: Path) -> str | None:
    """Run a page's program; what went wrong, or None."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks(page):
        if block.language != "python":
            continue
        printed = io.StringIO()
        namespace["print"] = functools.partial(print, file=printed)
        try:
            # Empty lines in front, so that the lines of an error are those of the page.
            exec(compile("\n" * block.line + block.text, str(page), "exec", dont_inherit=True), namespace)
        except BaseException:
            return f"{page.name}, line {block.line + 1}:\n{traceback.format_exc(limit=-3)}"
        if block.prints is not None and printed.getvalue().strip() != block.prints.strip():
            return f"{page.name}, line {block.line + 1} prints {printed.getvalue()!r}"
    return None


@pytest.fixture(scope="module")
def outcomes(llm: Any, model: Any) -> Iterator[dict[Path, str | None]]:
    """What each page came to."""
    import vllm
    from vllm.v1.engine.async_llm import AsyncLLM

    import outlines

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vllm, "LLM", lambda *arguments, **keywords: llm)
        patch.setattr(outlines, "from_vllm_offline", lambda llm: model, raising=False)
        patch.setattr(vllm, "AsyncEngineArgs", lambda *arguments, **keywords: None)
        patch.setattr(AsyncLLM, "from_engine_args", lambda *arguments, **keywords: llm)
        patch.setattr(outlines, "from_vllm_async", lambda engine: model, raising=False)
        with ThreadPoolExecutor(len(PAGES)) as threads:
            yield dict(zip(PAGES, threads.map(run, PAGES), strict=True))


@pytest.mark.engine
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_python_block_runs(page, outcomes):
    assert outcomes[page] is None, outcomes[page]


def test_every_page_is_in_the_navigation():
    listed: set[str] = set()

    def collect(entry: Any) -> None:
        if isinstance(entry, str):
            listed.add(entry)
            return
        for part in entry if isinstance(entry, list) else entry.values():
            collect(part)

    collect(yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"])
    assert {page.name for page in DOCS.glob("*.md")} <= listed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    for target in _LINK.findall(text):
        if not target.startswith(("http://", "https://", "#")):
            assert (page.parent / target.partition("#")[0]).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_has_a_language(page):
    for block in blocks(page):
        assert block.language in {"python", "sh", "text", "json"} or page.name == "README.md", block.line
