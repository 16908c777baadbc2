"""`VLLMOffline`: text of a given type from a vLLM `LLM`.

A call converts its output type, checks the constraint, builds sampling parameters and renders the prompt in the
caller's thread, so that bad input raises there before the model runs; the request then goes to the engine's dispatcher.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from outlines.constraint import Constraint
from outlines.errors import BatchError
from outlines.models.backend import compile_ahead, constrain
from outlines.models.dispatcher import Dispatcher, Request, dispatcher_of
from outlines.models.outcome import result_of
from outlines.models.prompts import check_prompt, render
from outlines.models.refusals import refusals_as_value_errors
from outlines.models.request_options import RequestOptions, sort_keywords
from outlines.models.sampling import build
from outlines.models.stream import Stream
from outlines.types.convert import constraint_of, convert

if TYPE_CHECKING:
    from vllm import LLM, SamplingParams
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


@dataclass(frozen=True)
class _Item:
    """One prompt of a batch with all that goes with it, or the error that it already ended with."""

    prompt: Any
    constraint: Constraint | None
    params: SamplingParams
    engine: dict[str, Any]


class VLLMOffline:
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
        self._dispatcher: Dispatcher = dispatcher_of(llm)

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
        item = self._item(prompt, output_type, options)
        outputs: SimpleQueue[RequestOutput | Exception] = SimpleQueue()
        request = self._request(item, options, outputs.put, object())
        self._dispatcher.submit(request)
        try:
            output = outputs.get()
        except BaseException:
            self._dispatcher.abort(request)
            raise
        if isinstance(output, Exception):
            raise output
        return result_of(output, item.constraint, options.on_truncation)

    def stream(self, prompt: Any, output_type: Any = None, **inference_args: Any) -> Stream:
        """Generate one output and give its pieces as they are written.

        Args:
            prompt, output_type, inference_args: as for a call; `n` is 1.

        Returns:
            An iterator of str. Closing or dropping it ends the request.
        """
        options = sort_keywords(inference_args)
        item = self._item(prompt, output_type, options)
        if item.params.n != 1:
            raise ValueError(f"a stream gives the pieces of one output, not of n={item.params.n}")
        from vllm.sampling_params import RequestOutputKind

        item.params.output_kind = RequestOutputKind.DELTA
        pieces: SimpleQueue[RequestOutput | Exception] = SimpleQueue()
        request = self._request(item, options, pieces.put, object())
        return Stream(self._dispatcher, request, pieces, item.constraint, options.on_truncation)

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
        options = sort_keywords(inference_args, frozenset({"return_exceptions"}))
        items = self._items(prompts, output_type, options, return_exceptions)
        results: list[Any] = [None] * len(items)
        for position, result in _with_progress(self._run(items, options), len(items), options.use_tqdm):
            results[position] = result
        if not return_exceptions and any(isinstance(result, Exception) for result in results):
            raise BatchError(results)
        return results

    def prepare(self, output_type: Any) -> None:
        """Check an output type and compile it in the engine, ahead of its first request.

        Raises:
            TypeError, ValueError: as for a call.
        """
        constraint = self._constraint(output_type)
        if constraint is not None:
            compile_ahead(constraint, self._dispatcher)

    def _run(self, items: list[_Item | Exception], options: RequestOptions) -> Iterator[tuple[int, Any]]:
        """Run items and give (position, result or exception) as each ends, with a bounded number under way."""
        ended: SimpleQueue[tuple[int, RequestOutput | Exception]] = SimpleQueue()
        under_way: dict[int, Request] = {}
        line = object()
        waiting = iter(enumerate(items))
        try:
            while True:
                while len(under_way) < self._dispatcher.window and (next_one := next(waiting, None)) is not None:
                    position, item = next_one
                    try:
                        if isinstance(item, Exception):
                            raise item
                        request = self._request(item, options, _receiver(ended, position), line)
                    except Exception as error:
                        yield position, error
                        continue
                    under_way[position] = request
                    self._dispatcher.submit(request)
                if not under_way:
                    return
                position, output = ended.get()
                del under_way[position]
                yield position, self._outcome(items[position], output, options)
        finally:
            # The consumer stopped early, or was interrupted.
            for request in under_way.values():
                self._dispatcher.abort(request)

    @staticmethod
    def _outcome(item: _Item | Exception, output: RequestOutput | Exception, options: RequestOptions) -> Any:
        if isinstance(output, Exception) or isinstance(item, Exception):
            return output
        try:
            return result_of(output, item.constraint, options.on_truncation)
        except Exception as error:
            return error

    def _items(
        self, prompts: Iterable[Any], output_type: Any, options: RequestOptions, return_exceptions: bool
    ) -> list[_Item | Exception]:
        if isinstance(prompts, (str, bytes, dict)) or not isinstance(prompts, Iterable):
            raise TypeError(f"batch takes a list of prompts, not {type(prompts).__name__}")
        prompts = list(prompts)
        output_types = _per_item("output_type", output_type, len(prompts))
        given = _per_item("sampling_params", options.sampling_params, len(prompts))
        engine = {name: _per_item(name, value, len(prompts)) for name, value in options.engine.items()}
        # Items of one kind share their parameters: vLLM copies them for each request.
        shared: dict[tuple[int, Constraint | None], SamplingParams] = {}
        items: list[_Item | Exception] = []
        for position, prompt in enumerate(prompts):
            try:
                check_prompt(prompt)
                constraint = self._constraint(output_types[position])
                kind = id(given[position]), constraint
                if kind not in shared:
                    shared[kind] = self._params(given[position], constraint, options)
            except Exception as error:
                if not return_exceptions:
                    if hasattr(error, "add_note"):
                        error.add_note(f"in item {position} of the batch")
                    raise
                items.append(error)
                continue
            items.append(
                _Item(prompt, constraint, shared[kind], {name: values[position] for name, values in engine.items()})
            )
        return items

    def _item(self, prompt: Any, output_type: Any, options: RequestOptions) -> _Item:
        check_prompt(prompt)
        constraint = self._constraint(output_type)
        return _Item(prompt, constraint, self._params(options.sampling_params, constraint, options), options.engine)

    def _constraint(self, output_type: Any) -> Constraint | None:
        """The constraint of an output type, checked; None for free text."""
        if output_type is None:
            return None
        term = convert(output_type).term
        if term is None:
            return None
        from outlines.plugin.request import check

        constraint = constraint_of(term)
        check(constraint)
        return constraint

    def _params(self, given: Any, constraint: Constraint | None, options: RequestOptions) -> SamplingParams:
        from vllm.sampling_params import RequestOutputKind

        params = build(self.llm, given, options.sampling_fields)
        params.output_kind = RequestOutputKind.FINAL_ONLY
        if constraint is not None:
            constrain(params, constraint, options.backend, self._dispatcher)
        elif options.backend is not None and params.structured_outputs is None:
            raise ValueError("backend says how an output type is enforced: give an output_type too")
        return params

    def _request(
        self, item: _Item, options: RequestOptions, receive: Callable[[RequestOutput | Exception], None], line: object
    ) -> Request:
        with self._dispatcher.tokenizer_lock, refusals_as_value_errors():
            engine_input = render(self.llm, item.prompt, options.prompt)
        lora_request = self.llm._resolve_mm_lora(engine_input, item.engine.get("lora_request"))
        priority = item.engine.get("priority") or 0
        return Request(engine_input, item.params, receive, line, lora_request, priority)


def _receiver(
    ended: SimpleQueue[tuple[int, RequestOutput | Exception]], position: int
) -> Callable[[RequestOutput | Exception], None]:
    return lambda output: ended.put((position, output))


def _per_item(name: str, value: Any, count: int) -> list[Any]:
    """One value per prompt: a list as it is, anything else repeated."""
    if not isinstance(value, (list, tuple)):
        return [value] * count
    if len(value) != count:
        raise ValueError(f"{name} has {len(value)} entries for {count} prompts: give one, or one per prompt")
    return list(value)


def _with_progress(results: Iterator[tuple[int, Any]], total: int, use_tqdm: Any) -> Iterator[tuple[int, Any]]:
    """The results, counted by a progress bar if one is asked for: True, or a function that makes one."""
    if not use_tqdm:
        yield from results
        return
    make = use_tqdm if callable(use_tqdm) else importlib.import_module("tqdm.auto").tqdm
    with make(total=total, desc="Prompts") as bar:
        for result in results:
            bar.update(1)
            yield result
