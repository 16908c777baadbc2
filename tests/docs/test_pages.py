"""The README and the documentation: every Python block runs as it stands, on the real engine.

The blocks of a page are one program, in their order. All pages run at once, a thread each, so that the engine batches
what they ask for. A program gets the model that is loaded already, whatever `LLM` it makes. Where a block of text
follows a Python block directly, it is what that block prints. The site itself is built, strictly.
"""

from __future__ import annotations

import functools
import io
import os
import re
import subprocess
import sys
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from demo import ROOT

from .pages import DOCS, FENCE, PAGES, blocks

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


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
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for target in _LINK.findall(text):
        if not target.startswith(("http://", "https://", "#")):
            assert (page.parent / target.partition("#")[0]).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_has_a_language(page):
    for block in blocks(page):
        assert block.language in {"python", "sh", "text", "json"} or page.name == "README.md", block.line


def test_the_site_is_built(tmp_path):
    """As `make docs` builds it: a dead link or a page that is nowhere listed is an error."""
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for page in DOCS.glob("*.md"):
        built = tmp_path / ("" if page.stem == "index" else page.stem) / "index.html"
        assert built.is_file(), page.name
