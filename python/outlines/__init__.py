"""Structured generation for vLLM: every output has the type you asked for.

    from vllm import LLM
    import outlines

    model = outlines.from_vllm_offline(LLM("..."))
    model("How old is the universe, in years?", int)

Importing this package is quick and needs no vLLM: what does is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from outlines._distributions import warn_of_the_other_outlines

if TYPE_CHECKING:
    from outlines import errors as errors
    from outlines import grammars as grammars
    from outlines import guide as guide
    from outlines import inputs as inputs
    from outlines import models as models
    from outlines import types as types
    from outlines.application import Application as Application
    from outlines.generator import Generator as Generator
    from outlines.inputs import Audio as Audio
    from outlines.inputs import Chat as Chat
    from outlines.inputs import Image as Image
    from outlines.inputs import Video as Video
    from outlines.models import VLLMAsync as VLLMAsync
    from outlines.models import VLLMOffline as VLLMOffline
    from outlines.models import from_vllm_async as from_vllm_async
    from outlines.models import from_vllm_offline as from_vllm_offline
    from outlines.templates import Template as Template
    from outlines.types import CFG as CFG
    from outlines.types import Choice as Choice
    from outlines.types import JsonSchema as JsonSchema
    from outlines.types import Regex as Regex
    from outlines.types import cfg as cfg
    from outlines.types import json_schema as json_schema
    from outlines.types import regex as regex

# Where each public name lives; a module by itself has no name in it.
_HOMES = {
    "Application": "outlines.application",
    "Audio": "outlines.inputs",
    "CFG": "outlines.types",
    "Chat": "outlines.inputs",
    "Choice": "outlines.types",
    "Generator": "outlines.generator",
    "Image": "outlines.inputs",
    "JsonSchema": "outlines.types",
    "Regex": "outlines.types",
    "Template": "outlines.templates",
    "VLLMAsync": "outlines.models",
    "VLLMOffline": "outlines.models",
    "Video": "outlines.inputs",
    "cfg": "outlines.types",
    "from_vllm_async": "outlines.models",
    "from_vllm_offline": "outlines.models",
    "json_schema": "outlines.types",
    "regex": "outlines.types",
}
_MODULES = frozenset({"errors", "grammars", "guide", "inputs", "models", "types"})

# Loaders of the Outlines library for engines other than vLLM.
_OTHER_LOADERS = frozenset(
    {
        "from_anthropic",
        "from_dottxt",
        "from_gemini",
        "from_llamacpp",
        "from_lmstudio",
        "from_mistral",
        "from_mlxlm",
        "from_ollama",
        "from_openai",
        "from_sglang",
        "from_tgi",
        "from_transformers",
        "from_vllm",
    }
)

__all__ = [
    "CFG",
    "Application",
    "Audio",
    "Chat",
    "Choice",
    "Generator",
    "Image",
    "JsonSchema",
    "Regex",
    "Template",
    "VLLMAsync",
    "VLLMOffline",
    "Video",
    "cfg",
    "errors",
    "from_vllm_async",
    "from_vllm_offline",
    "grammars",
    "guide",
    "inputs",
    "json_schema",
    "models",
    "regex",
    "types",
]

warn_of_the_other_outlines()


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    if name in _MODULES:
        return importlib.import_module(f"outlines.{name}")
    if name in _OTHER_LOADERS:
        # Not an AttributeError: of that, `from outlines import ...` would not show the message.
        raise ImportError(
            f"outlines.{name} is not part of outlines-vllm, which runs on vLLM only: use "
            "outlines.from_vllm_offline(vllm.LLM(...)), or the library Outlines in another environment"
        )
    raise AttributeError(f"module 'outlines' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
