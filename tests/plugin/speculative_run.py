"""The program behind test_speculative.py: the same requests with and without n-gram speculation.

Writes both runs' results as JSON into the file that it is given.

In one process (vLLM's in-process mode, which is thereby tested too) and in float32, where two tokens are never
equally likely, so that greedy decoding has one right answer.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from demo import MODEL, use_demo_environment

use_demo_environment()
os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"

REPEATED = '{"name": "Ada", "langs": ["c", "go", "c", "go"]}'
SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 20},
        "langs": {"type": "array", "items": {"enum": ["c", "go"]}, "minItems": 2, "maxItems": 6},
    },
    "required": ["name", "langs"],
    "additionalProperties": False,
}
# (kind, value, prompt). The prompts repeat themselves, so that n-grams of them are proposed as drafts: some fit the
# constraint, some leave it, some run past its end.
CASES = [
    ("json", SCHEMA, f"Copy this.\n{REPEATED}\n{REPEATED}\n{REPEATED}\n"),
    ("regex", r"(one two three ){4}done", "one two three one two three one two three one two three one two three "),
    ("regex", r"[0-9]{3}-[0-9]{2}", "123-45 123-45 123-45 123-45 123-45 "),
    ("choice", ["to be or not to be", "to be sure"], "to be or not to be to be or not to be, to be or not "),
    ("grammar", 'start: "(" start ")" | "x"', "((((x)))) ((((x)))) ((((x)))) ((((x)))) "),
    ("regex", r"[0-9]{3}", "1 2 3 4 </think>456 1 2 3 4 </think>456 1 2 3 4 </think>456 1 2 3 4"),
]
# The last one thinks first: drafts run over the end of thinking.
THINKING = [None] * (len(CASES) - 1) + [("</think>", 20)]

# Without a limit, what the prompt repeats would be repeated for ever: drafts run over the limit, and over tokens after
# which too few are left. Whether the case thinks first is the last entry.
STORY = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "words": {"type": "array", "items": {"type": "string"}}},
    "required": ["name", "words"],
    "additionalProperties": False,
}
LIMITED = [
    ("json", STORY, '{"name": "Ada", "words": ["a", "b", "a", "b", "a", "b", "a", "b", "a", "b", "a", "b", ', False),
    (
        "regex",
        r"(one two three )+done",
        "one two three one two three one two three one two three one two three ",
        False,
    ),
    ("regex", r"\[[0-9](, [0-9])*\] END", "[1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, ", False),
    ("grammar", 'start: "(" start ")" | "x"', "(((((((((((((((((((((((((((((((((((((((((((((((((((((((((((", False),
    ("regex", r"[0-9]{3}", "a b c a b c a b c a b c a b c a b c a b c a b c a b c a b c", True),
]
# Tokens above the shortest output.
EXTRA = (0, 1, 2, 3, 5, 8, 13, 21)


def main() -> None:
    result: dict[str, Any] = {"schema": SCHEMA, "story": STORY, "plain": run(), "speculative": run(draft_tokens=4)}
    Path(sys.argv[1]).write_text(json.dumps(result))


def run(draft_tokens: int = 0) -> dict[str, Any]:
    from vllm import LLM, SamplingParams

    from outlines.constraint import Constraint
    from outlines.plugin.request import Thinking, chosen_backend, handshake, mark, raise_if_failed

    speculation: dict[str, Any] = {}
    if draft_tokens:
        speculation["speculative_config"] = {
            "method": "ngram",
            "num_speculative_tokens": draft_tokens,
            "prompt_lookup_max": 3,
            "prompt_lookup_min": 1,
        }
        # Ours also where the user set another backend for the engine.
        speculation["structured_outputs_config"] = {"backend": "xgrammar"}
    llm = LLM(
        str(MODEL), max_model_len=512, enforce_eager=True, dtype="float32", disable_log_stats=False, **speculation
    )
    params = []
    for (kind, value, _), thinking in zip(CASES, THINKING, strict=True):
        params.append(SamplingParams(temperature=0.0, max_tokens=100))
        mark(params[-1], Constraint(kind, value), Thinking(*thinking) if thinking else None)
    # A free request in the batch takes drafts of its own.
    params.append(SamplingParams(temperature=0.0, max_tokens=30))
    prompts = [prompt for _, _, prompt in CASES] + ["a b c a b c a b c a b c a b c"]
    completions = [output.outputs[0] for output in llm.generate(prompts, params, use_tqdm=False)]
    for completion in completions:
        raise_if_failed(completion)
    accepted = count_accepted(llm)
    limited = run_limited(llm)
    status = handshake(llm).result()
    accepted_limited = count_accepted(llm) - accepted
    llm.llm_engine.engine_core.shutdown()
    return {
        "texts": [completion.text for completion in completions],
        "reasons": [completion.finish_reason for completion in completions],
        "limited": limited,
        "accepted": accepted,
        "accepted_limited": accepted_limited,
        "chosen_backend": chosen_backend(llm),
        "in_process": status.pid == os.getpid(),
    }


def count_accepted(llm: Any) -> float:
    """How many drafts were accepted so far."""
    return sum(metric.value for metric in llm.get_metrics() if metric.name == "vllm:spec_decode_num_accepted_tokens")


def run_limited(llm: Any) -> list[dict[str, Any]]:
    """Every case of `LIMITED` with limits from the shortest output on."""
    from vllm import SamplingParams

    from outlines.constraint import Constraint
    from outlines.plugin.request import Thinking, mark, prepare, raise_if_failed

    prompts, params = [], []
    for kind, value, prompt, thinks in LIMITED:
        constraint = Constraint(kind, value)
        refusal: Any = prepare(llm, constraint, 0).exception()
        # The end of thinking takes up to three tokens of this tokenizer.
        least = refusal.enough + (4 if thinks else 0)
        for extra in EXTRA:
            prompts.append(prompt)
            params.append(SamplingParams(temperature=0.0, max_tokens=least + extra))
            mark(params[-1], constraint, Thinking("</think>") if thinks else None)
    completions = [output.outputs[0] for output in llm.generate(prompts, params, use_tqdm=False)]
    for completion in completions:
        raise_if_failed(completion)
    return [
        {"text": completion.text, "tokens": len(completion.token_ids), "limit": given.max_tokens}
        for completion, given in zip(completions, params, strict=True)
    ]


if __name__ == "__main__":
    main()
