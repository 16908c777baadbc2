"""One vLLM engine with one structured-output backend, in one process: pairs of free and constrained runs.

Every run writes the same number of tokens (`ignore_eos`, and a schema that no output completes within them), so times
compare directly. Runs alternate, so that the machine's noise meets both alike. Prints one line of JSON.
"""

from __future__ import annotations

import itertools
import json
import statistics
import sys
import time
from typing import Any

TOKENS = 96
KV_CACHE_TOKENS = 1024


def schema(number: int) -> dict[str, Any]:
    """A schema not seen before: a long list of people, its property names differing by `number`."""
    person = {
        "type": "object",
        "properties": {
            f"name_{number}": {"type": "string", "maxLength": 40},
            "age": {"type": "integer", "minimum": 0, "maximum": 120},
            "email": {"type": "string", "pattern": "^[a-z]{2,10}@[a-z]{2,10}\\.(com|org)$"},
            "skills": {"type": "array", "items": {"enum": ["python", "rust", "sql", "go"]}, "maxItems": 4},
        },
        "required": [f"name_{number}", "age", "email", "skills"],
        "additionalProperties": False,
    }
    return {"type": "array", "items": person, "minItems": 100}


def _demo() -> dict[str, Any]:
    """The arguments of `LLM` for the demo model on the CPU."""
    sys.path.insert(0, "tools")
    from demo import MODEL, use_demo_environment

    use_demo_environment()
    return {"model": str(MODEL), "enforce_eager": True}


def main() -> None:
    backend, pairs, sizes = sys.argv[1], int(sys.argv[2]), [int(size) for size in sys.argv[3].split(",")]
    arguments = json.loads(sys.argv[4]) if len(sys.argv) > 4 else _demo()
    from vllm import LLM, SamplingParams
    from vllm.sampling_params import StructuredOutputsParams

    from outlines.constraint import Constraint
    from outlines.plugin.request import handshake, mark

    config = {} if backend == "ours" else {"structured_outputs_config": {"backend": backend}}
    llm = LLM(**arguments, max_model_len=KV_CACHE_TOKENS, max_num_seqs=max(sizes), seed=0, **config)
    if backend == "ours":
        handshake(llm).result()

    def params(document: dict[str, Any] | None, tokens: int) -> Any:
        result = SamplingParams(temperature=0.8, max_tokens=tokens, ignore_eos=True, seed=1)
        if document is None:
            return result
        if backend == "ours":
            # Runs of equal length: the output is to be cut off.
            mark(result, Constraint("json", document), on_truncation="return")
        else:
            result.structured_outputs = StructuredOutputsParams(json=document)
        return result

    def run(count: int, documents: list[dict[str, Any] | None], tokens: int) -> float:
        """Seconds for `count` requests; the documents take turns."""
        prompts = [f"List the people of team {number} as JSON." for number in range(count)]
        turns = itertools.islice(itertools.cycle(documents), count)
        start = time.perf_counter()
        outputs = llm.generate(prompts, [params(document, tokens) for document in turns], use_tqdm=False)
        seconds = time.perf_counter() - start
        written = {len(output.outputs[0].token_ids) for output in outputs}
        if written != {tokens}:
            raise RuntimeError(f"runs do not compare: {written} tokens instead of {tokens}")
        return seconds

    result: dict[str, Any] = {"backend": backend, "pairs": pairs, "tokens": TOKENS, "sizes": {}}
    new = map(schema, itertools.count(1))
    for size in sizes:
        run(size, [None], TOKENS)
        run(size, [schema(0)], TOKENS)
        free, constrained, free_first, first, all_first = [], [], [], [], []
        for pair in range(pairs):
            runs = [(None, free), (schema(0), constrained)]
            for document, seconds in runs if pair % 2 == 0 else reversed(runs):
                seconds.append(run(size, [document], TOKENS))
            free_first.append(run(size, [None], 1))
            first.append(run(size, [next(new)], 1))
            all_first.append(run(size, [next(new) for _ in range(size)], 1))
        ratios = [a / b for a, b in zip(free, constrained, strict=True)]
        result["sizes"][size] = {
            "free_tokens_per_second": size * TOKENS / statistics.median(free),
            "tokens_per_second": size * TOKENS / statistics.median(constrained),
            "throughput_ratio_median": statistics.median(ratios),
            "throughput_ratios": ratios,
            "free_first_token_ms": 1e3 * statistics.median(free_first),
            "first_token_ms": 1e3 * statistics.median(first),
            "first_token_delta_ms": 1e3 * statistics.median(b - a for a, b in zip(free_first, first, strict=True)),
            "first_token_all_new_ms": 1e3 * statistics.median(all_first),
        }
        # The last one printed is the whole; what a run that is cut off has printed is worth having.
        print("RESULT " + json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
