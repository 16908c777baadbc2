"""What a user set on the `LLM` is respected: a backend, a reasoning parser, LoRA adapters."""

import json
import re

import pytest
import torch
from safetensors.torch import save_file
from vllm.lora.request import LoRARequest

import outlines
from outlines.plugin.request import handshake

from .in_process import in_process
from .tiny_idefics import write

pytestmark = pytest.mark.engine

PATTERN = outlines.Regex("[a-f]{4}[0-9]{2}")
GREEDY = {"temperature": 0, "max_tokens": 40}


def adapter(folder, seed: int):
    """A LoRA adapter of random weights for the small model's text part."""
    generator = torch.Generator().manual_seed(seed)
    weights = {}
    for layer in range(2):
        name = f"base_model.model.model.text_model.layers.{layer}.self_attn.q_proj"
        weights[f"{name}.lora_A.weight"] = torch.randn(4, 64, generator=generator)
        weights[f"{name}.lora_B.weight"] = torch.randn(64, 4, generator=generator)
    folder.mkdir()
    save_file(weights, folder / "adapter_model.safetensors")
    config = {"peft_type": "LORA", "r": 4, "lora_alpha": 64, "target_modules": ["q_proj"], "bias": "none"}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    return LoRARequest(f"adapter-{seed}", seed, str(folder))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write(tmp_path_factory.mktemp("idefics"))


@pytest.fixture(scope="module")
def configured(folder):
    with in_process(
        folder,
        max_model_len=256,
        max_num_seqs=8,
        structured_outputs_config={"backend": "xgrammar", "reasoning_parser": "deepseek_r1"},
        enable_lora=True,
        max_loras=2,
        max_lora_rank=8,
    ) as model:
        yield model


def ours(model) -> int:
    return model._engine.call(handshake).requests


def test_a_backend_set_on_the_llm_is_respected(configured):
    before = ours(configured)
    assert re.fullmatch("[a-f]{4}[0-9]{2}", configured("Go", PATTERN, thinking=False, **GREEDY))
    assert ours(configured) == before
    text = configured("Go", PATTERN, thinking=False, backend="outlines-vllm", **GREEDY)
    assert re.fullmatch("[a-f]{4}[0-9]{2}", text)
    assert ours(configured) == before + 1
    with pytest.raises(ValueError, match="built with the backend 'xgrammar'"):
        configured("Go", PATTERN, backend="guidance", **GREEDY)


def test_with_a_reasoning_parser_thinking_is_the_default(configured):
    own = {"backend": "outlines-vllm", "temperature": 0, "return_result": True}
    result = configured("Go", PATTERN, thinking_budget=7, **own)
    assert re.fullmatch("[a-f]{4}[0-9]{2}", result.text)
    assert result.thinking
    direct = configured("Go", PATTERN, thinking=False, **own)
    assert re.fullmatch("[a-f]{4}[0-9]{2}", direct.text)
    assert direct.thinking is None
    with pytest.raises(ValueError, match="need our own backend"):
        configured("Go", PATTERN, thinking_budget=7, **GREEDY)


def test_a_lora_request_per_prompt(configured, tmp_path):
    # With None among them, vLLM's CPU build gives that one the adapter of a neighbour.
    one, two = adapter(tmp_path / "one", 1), adapter(tmp_path / "two", 2)
    adapters = [one, two, one]
    options = {"temperature": 0, "max_tokens": 6, "ignore_eos": True, "thinking": False}
    texts = configured.batch(["Go on"] * 3, lora_request=adapters, **options)
    assert texts == [configured("Go on", lora_request=one, **options) for one in adapters]
    assert texts[0] == texts[2] != texts[1]
    assert configured("Go on", **options) not in texts
    constrained = configured.batch(
        ["Go on"] * 3, PATTERN, lora_request=adapters, backend="outlines-vllm", thinking=False, temperature=0
    )
    assert all(re.fullmatch("[a-f]{4}[0-9]{2}", text) for text in constrained)


def test_an_adapter_that_cannot_be_loaded_is_its_own_requests_error(configured, tmp_path):
    """Found in the middle of a step, it would end the engine and all that runs in it."""
    missing = LoRARequest("missing", 7, str(tmp_path / "missing"))
    with configured.stream("Go", max_tokens=100, ignore_eos=True, thinking=False) as stream:
        next(stream)
        with pytest.raises(ValueError, match=r"the LoRA adapter 'missing' cannot be loaded from .*missing"):
            configured("Go on", lora_request=missing, thinking=False, **GREEDY)
        good, bad = configured.batch(
            ["Go on"] * 2,
            lora_request=[adapter(tmp_path / "three", 3), missing],
            return_exceptions=True,
            thinking=False,
            **GREEDY,
        )
        assert isinstance(good, str)
        assert isinstance(bad, ValueError)
        next(stream)
    assert isinstance(configured("Go on", thinking=False, **GREEDY), str)
