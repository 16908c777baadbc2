"""`VLLMOffline`: text of a given type from a vLLM `LLM`.

A call converts its output type, checks the constraint, builds sampling parameters and renders the prompt in the
caller's thread, so that bad input raises there before the model runs; the request then goes to the engine's dispatcher.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from outlines.errors import BatchError
from outlines.models.asynchronous import AsynchronousForms, prepare, streamed
from outlines.models.batch import Batch, Ended, Failures, check_prompts, progress
from outlines.models.beam_search import search
from outlines.models.dispatcher import dispatcher_of
from outlines.models.items import ItemMaker
from outlines.models.prompts import PROMPT_KEYWORDS
from outlines.models.request import Engine
from outlines.models.request_options import ENGINE_KEYWORDS, RequestOptions, sort_keywords
from outlines.models.stream import Stream

if TYPE_CHECKING:
    from vllm import LLM
    from vllm.outputs import RequestOutput


def from_vllm_offline(llm: LLM) -> VLLMOffline:
    """A model of a vLLM `LLM`.

    Raises:
        ImportError: vLLM is not installed.
        TypeError: `llm` is not a `vllm.LLM`.
        ValueError: the `LLM` does not generate text, or has no tokenizer.
    """
    try:
        from vllm import LLM
    except ImportError as error:
        raise ImportError(
            f"from_vllm_offline needs vLLM, which cannot be imported ({error}): pip install 'vllm>=0.18'"
        ) from error
    if not isinstance(llm, LLM):
        raise TypeError(f"from_vllm_offline takes a vllm.LLM, not {type(llm).__name__}: LLM('model name or folder')")
    if llm.model_config.runner_type != "generate":
        raise ValueError("this LLM does not generate text: build it with runner='generate'")
    if llm.model_config.skip_tokenizer_init:
        raise ValueError("outlines needs the tokenizer: build the LLM without skip_tokenizer_init")
    return VLLMOffline(llm)


class VLLMOffline(AsynchronousForms):
    """A vLLM `LLM` that writes text of a given type.

    All methods may be called from any thread, and interleave. While one of them runs, the `LLM`'s own `generate` and
    `chat` must not be used: they would take its outputs.

    Keyword arguments of all methods:
        sampling_params: a `vllm.SamplingParams`. Without one, the model's own generation defaults.
        temperature, max_tokens, ...: every field of `vllm.SamplingParams`; `max_new_tokens` is `max_tokens`. Without a
            limit an output may use what is left of the context. 16, vLLM's default, counts as no limit inside
            `sampling_params`; as a keyword it is one.
        on_truncation: "raise" (the default) raises `TruncatedOutputError` when a structured output reaches its limit
            before it is whole; "return" gives the partial text. Free text is always returned.
        return_result: True gives a `Result` (text, value, tokens, log probabilities, timings, ...) instead of text.
        thinking: True lets the model think first: any text up to the end of thinking, then the output. A pair of
            texts, such as ("<think>", "</think>"), says what stands around it. What is returned is the output alone;
            the thinking is in the rich result. By default, where the `LLM` has a reasoning parser.
        thinking_budget: how many tokens the thinking may have before its end is forced.
        apply_chat_template: whether a `str` is written by the chat template. By default, if the model has one.
        backend: the structured-output backend, when not ours or the one set on the `LLM`.
        chat_template, chat_template_kwargs, tools, continue_final_message, add_generation_prompt,
        chat_template_content_format, tokenization_kwargs, mm_processor_kwargs, lora_request, priority, use_tqdm: as
            for `LLM.generate` and `LLM.chat`.

    They raise, before the model runs:
        TypeError: the prompt is not a str or `Chat`, the output type is not one, or a keyword is unknown.
        RegexError, JsonSchemaError, GrammarError: the constraint cannot be honoured; all are `ValueError`s.
        ValueError: a value that vLLM or the model does not take.

    And when it ran: TruncatedOutputError, GenerationError.
    """

    def __init__(self, llm: LLM) -> None:
        self.llm = llm
        self._engine: Engine = dispatcher_of(llm)

    def __call__(self, prompt: Any, output_type: Any = None, **inference_args: Any) -> Any:
        """Generate one output and return its text.

        Args:
            prompt: a str, or a `Chat`.
            output_type: what the text must be; None for free text.
            inference_args: see the class.

        Returns:
            str; a list of str if `n` is more than 1.
        """
        options = sort_keywords(inference_args)
        outputs: SimpleQueue[RequestOutput | Exception] = SimpleQueue()
        maker, item, request = self._ready(prompt, output_type, options, outputs.put)
        self._engine.submit(request)
        try:
            output = outputs.get()
        except BaseException:
            self._engine.abort(request)
            raise
        if isinstance(output, Exception):
            raise output
        return maker.outcome(item).of(output, request)

    def stream(self, prompt: Any, output_type: Any = None, **inference_args: Any) -> Stream:
        """Generate one output and give its pieces as they are written.

        Args:
            prompt, output_type, inference_args: as for a call; `n` is 1.

        Returns:
            An iterator of str. Closing or dropping it ends the request.
        """
        outputs: SimpleQueue[RequestOutput | Exception] = SimpleQueue()
        request, pieces = streamed(self._engine, prompt, output_type, sort_keywords(inference_args), outputs.put)
        return Stream(self._engine, request, outputs, pieces)

    def batch(
        self, prompts: Iterable[Any], output_type: Any = None, *, return_exceptions: bool = False, **inference_args: Any
    ) -> list[Any]:
        """Generate an output for each prompt; the engine runs many at once.

        Args:
            prompts: each a str or a `Chat`, in any mix.
            output_type: one for all, or a list with one per prompt.
            return_exceptions: put the exception of an item that fails in its place, instead of raising.
            inference_args: see the class. `sampling_params`, `lora_request` and `priority` may be lists with one per
                prompt. `use_tqdm=True` shows a progress bar.

        Returns:
            A list in the order of the prompts: str each, or a list of str each if `n` is more than 1.

        Raises:
            BatchError: some items failed while the model ran; it holds the results of the others.
            TypeError, ValueError: as for a call, if an item is bad; nothing runs then.
        """
        check_prompts("batch", prompts, Iterable)
        prompts = list(prompts)
        options = sort_keywords(inference_args, frozenset({"return_exceptions"}))
        ended: SimpleQueue[Ended] = SimpleQueue()
        batch = Batch(self._engine, ItemMaker(self._engine, options), prompts, output_type, ended.put)
        items = batch.items(prompts, return_exceptions)
        results: list[Any] = [None] * len(items)
        with progress(options.use_tqdm, len(items)) as bar:
            for position, result in _run(batch, ended, items, self._engine):
                results[position] = result
                bar.update(1)
        if not return_exceptions and any(isinstance(result, Exception) for result in results):
            raise BatchError(results)
        return results

    def batch_stream(
        self, prompts: Iterable[Any], output_type: Any = None, *, return_exceptions: bool = False, **inference_args: Any
    ) -> Iterator[tuple[int, Any]]:
        """Generate an output for each prompt and give each as it ends.

        Args:
            prompts: an iterable, of any length: it is read as places in the engine become free, in the consumer's
                thread. Memory does not grow with it.
            output_type, inference_args: as for `batch`.
            return_exceptions: give the exception of an item that fails, instead of raising in the end.

        Yields:
            (index, result): the prompt's position and its output; in the order in which they end.

        Raises:
            BatchError: at the end, if items failed.
        """
        check_prompts("batch_stream", prompts, Iterable)
        options = sort_keywords(inference_args, frozenset({"return_exceptions"}))
        ended: SimpleQueue[Ended] = SimpleQueue()
        batch = Batch(self._engine, ItemMaker(self._engine, options), prompts, output_type, ended.put)
        return self._streamed_batch(batch, ended, prompts, options, return_exceptions)

    def _streamed_batch(
        self,
        batch: Batch,
        ended: SimpleQueue[Ended],
        prompts: Iterable[Any],
        options: RequestOptions,
        return_exceptions: bool,
    ) -> Iterator[tuple[int, Any]]:
        failures = Failures()
        with (
            progress(options.use_tqdm, batch.count) as bar,
            closing(_run(batch, ended, prompts, self._engine)) as results,
        ):
            for position, result in results:
                bar.update(1)
                if return_exceptions or not failures.take(position, result):
                    yield position, result
        failures.raise_if_any()

    def beam_search(
        self,
        prompt: Any,
        output_type: Any = None,
        *,
        beam_width: int = 4,
        max_tokens: int = 256,
        length_penalty: float = 1.0,
        **prompt_args: Any,
    ) -> list[str]:
        """Search for the most likely outputs.

        Args:
            prompt, output_type: as for a call.
            beam_width: how many outputs are followed, and given at most.
            max_tokens: how long they may be.
            length_penalty: above 1 prefers longer ones.
            prompt_args: those of a call that say how the prompt is written, `lora_request` and `priority`.

        Returns:
            The texts, the most likely first; fewer than `beam_width` where there are no more.

        Raises:
            TypeError, ValueError: as for a call.
            TruncatedOutputError: no output was whole within `max_tokens`.
        """
        valid = PROMPT_KEYWORDS | ENGINE_KEYWORDS
        if unknown := prompt_args.keys() - valid:
            raise TypeError(
                f"beam search does not take {', '.join(sorted(unknown))}; beside beam_width, max_tokens and "
                f"length_penalty it takes {', '.join(sorted(valid))}"
            )
        maker = ItemMaker(self._engine, sort_keywords(prompt_args))
        item = maker.make(prompt, output_type)
        return search(
            self._engine,
            maker.request(item, lambda output: None),
            item.constraint,
            width=beam_width,
            max_tokens=max_tokens,
            length_penalty=length_penalty,
        )

    def prepare(self, output_type: Any) -> None:
        """Check an output type and compile it in the engine, ahead of its first request.

        Raises:
            TypeError, ValueError: as for a call.
        """
        prepare(self._engine, output_type)


def _run(
    batch: Batch, ended: SimpleQueue[Ended], waiting: Iterable[Any], engine: Engine
) -> Generator[tuple[int, Any], None, None]:
    """Run a batch and give (position, result or exception) as each ends."""
    entries = enumerate(waiting)
    exhausted = False
    try:
        while batch.under_way or not exhausted:
            # What has ended goes first, so that it does not wait for the source of the prompts.
            if not ended.empty() or exhausted or not batch.has_room:
                position, output = ended.get()
                yield position, batch.finish(position, output)
                continue
            position, given = next(entries, (-1, None))
            if position < 0:
                exhausted = True
                continue
            try:
                batch.start(position, *batch.ready(position, given))
            except Exception as error:
                yield position, error
    finally:
        # The consumer stopped early, or was interrupted.
        for request in batch.drain():
            engine.abort(request)
