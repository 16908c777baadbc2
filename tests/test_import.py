"""Importing the package: quick, without vLLM, and with a word when Outlines is in the way."""

import importlib
import resource
import subprocess
import sys
import warnings

import pytest

import outlines
from outlines._distributions import warn_of_the_other_outlines

WITHOUT_VLLM = "import sys; sys.modules['vllm'] = None; import outlines; "


def run(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60
    ).stdout.strip()


def test_it_is_quick():
    def seconds(code: str) -> float:
        """The processor's, which do not depend on what else the machine does."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run(code)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

    seconds("import outlines")
    bare = min(seconds("pass") for _ in range(3))
    assert min(seconds("import outlines; outlines.types.Regex, outlines.Chat") for _ in range(3)) - bare < 0.5


def test_it_loads_nothing_large():
    loaded = run("import sys, outlines; outlines.types, outlines.inputs; print(*sys.modules)").split()
    assert not {"vllm", "torch", "transformers", "pydantic", "jinja2", "numpy"} & set(loaded)


def test_without_vllm_only_the_loader_fails_and_says_so():
    code = WITHOUT_VLLM + (
        "outlines.types, outlines.errors, outlines.grammars, outlines.Template, outlines.Generator\n"
        "try: outlines.from_vllm_offline(None)\n"
        "except ImportError as error: print(error)"
    )
    assert "pip install 'vllm>=0.18'" in run(code)


def test_every_public_name_is_there():
    for name in outlines.__all__:
        assert getattr(outlines, name) is not None
    assert set(outlines.__all__) <= set(dir(outlines))


@pytest.mark.parametrize("name", ["from_transformers", "from_openai", "from_vllm"])
def test_other_loaders_say_what_to_use(name):
    for used in (f"import outlines; outlines.{name}(None)", f"from outlines import {name}"):
        with pytest.raises(ImportError, match=r"outlines\.from_vllm_offline"):
            exec(used)


def test_an_unknown_name_is_an_ordinary_error():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = outlines.nonsense


def test_the_other_outlines_is_pointed_out(tmp_path, monkeypatch):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_the_other_outlines()
    metadata = tmp_path / "outlines-1.2.3.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text("Metadata-Version: 2.1\nName: outlines\nVersion: 1.2.3\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    with pytest.warns(RuntimeWarning, match=r"outlines 1\.2\.3 are both installed.*pip uninstall"):
        warn_of_the_other_outlines()
