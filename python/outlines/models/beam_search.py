"""Beam search: vLLM's own, with its steps run by the dispatcher beside all other requests.

The engine runs each step under the constraint, so a token's score is its likelihood among those allowed, as when the
constrained model writes by itself; a beam goes on with up to 20 of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from outlines.constraint import Constraint
from outlines.errors import TruncatedOutputError
from outlines.models.request import Engine, Request
from outlines.models.sampling import build

if TYPE_CHECKING:
    from vllm.outputs import RequestOutput

# How many tokens after a beam have a score: vLLM's own limit, unless an `LLM` is built with another.
_SCORED = 20


def search(
    engine: Engine,
    request: Request,
    constraint: Constraint | None,
    *,
    width: int,
    max_tokens: int,
    length_penalty: float,
) -> list[str]:
    """The best outputs for the prompt of a request, best first.

    Raises:
        ValueError: this vLLM has no beam search that takes a constraint.
        TruncatedOutputError: no output was whole within `max_tokens`.
    """
    try:
        from vllm.entrypoints.generate.beam_search.offline import BeamSearchOfflineMixin
    except ImportError as error:
        raise ValueError("this version of vLLM has no beam search that takes a constraint") from error
    from vllm.sampling_params import BeamSearchParams, RequestOutputKind, StructuredOutputsParams

    from outlines.plugin.beam_search import FrontBackend
    from outlines.plugin.request import mark

    llm = engine.llm
    tokenizer = llm.get_tokenizer()
    prompt = request.prompt
    start = len(prompt["prompt_token_ids"])
    defaults = build(llm, None, {})
    stop_tokens = sorted({tokenizer.eos_token_id, *(defaults.stop_token_ids or ())})

    most = llm.model_config.max_logprobs
    scored = _SCORED if most < 0 else min(_SCORED, most)

    class Search(BeamSearchOfflineMixin):
        """vLLM's algorithm, for one prompt."""

        def __init__(self) -> None:
            self.llm_engine = llm.llm_engine
            self.model_config = llm.model_config
            self.renderer = llm.renderer

        def _preprocess_cmpl(self, prompts: Any, *args: Any, **kwargs: Any) -> Any:
            return prompts

        def _init_beam_search_structured_output(self, structured_outputs: Any, tokenizer: Any) -> Any:
            assert constraint is not None
            backend = FrontBackend(constraint, tokenizer, self.model_config.get_vocab_size(), stop_tokens)
            return backend, ("outlines", ""), backend.allocate_token_bitmask(1)

        def _render_and_run_requests(
            self, prompts: Iterable[Any], params: Sequence[Any], *args: Any, **kwargs: Any
        ) -> list[Any]:
            step = []
            for beam, given in zip(prompts, params, strict=True):
                own = given.clone()
                own.output_kind = RequestOutputKind.FINAL_ONLY
                if constraint is not None:
                    # The engine takes the tokens of the beam so far as the beginning of the output.
                    own.stop_token_ids = stop_tokens
                    own.logprobs = max(own.logprobs, scored)
                    # Each request writes one token of the whole.
                    taken = len(beam["prompt_token_ids"]) - start
                    mark(own, constraint, taken=taken, on_truncation="return")
                step.append((beam, own))
            return _run(engine, step, request)

    beams = BeamSearchParams(
        beam_width=width,
        max_tokens=max_tokens,
        length_penalty=length_penalty,
        structured_outputs=None if constraint is None else StructuredOutputsParams(regex=""),
    )
    (found,) = Search().beam_search([prompt], beams)
    texts = []
    for beam in found.sequences:
        tokens = list(beam.tokens[start:])
        while tokens and tokens[-1] in stop_tokens:
            tokens.pop()
        with engine.tokenizer_lock:
            texts.append(str(tokenizer.decode(tokens, skip_special_tokens=True)))
    if constraint is None:
        return texts
    from outlines.models.outcome import is_whole

    # One text may have been found in several spellings.
    if not (whole := [text for text in dict.fromkeys(texts) if is_whole(constraint, text)]):
        raise TruncatedOutputError(texts[0] if texts else "", texts)
    return whole


def _run(engine: Engine, step: list[tuple[Any, Any]], model: Request) -> list[RequestOutput]:
    """Run the requests of one step, each like `model`, and wait for all of them."""
    ended: SimpleQueue[tuple[int, RequestOutput | Exception]] = SimpleQueue()
    requests = [
        Request(prompt, params, _receiver(ended, position), model.line, model.lora_request, model.priority)
        for position, (prompt, params) in enumerate(step)
    ]
    for request in requests:
        engine.submit(request)
    outputs: dict[int, RequestOutput] = {}
    try:
        while len(outputs) < len(requests):
            position, output = ended.get()
            if isinstance(output, Exception):
                raise output
            outputs[position] = output
    finally:
        for request in requests:
            if not request.over:
                engine.abort(request)
    return [outputs[position] for position in range(len(requests))]


def _receiver(
    ended: SimpleQueue[tuple[int, RequestOutput | Exception]], position: int
) -> Callable[[RequestOutput | Exception], None]:
    return lambda output: ended.put((position, output))
