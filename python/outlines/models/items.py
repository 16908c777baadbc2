"""Items: a prompt with all that goes with it, checked and made ready in the caller's thread.

Whatever is wrong with an item is said here, before the model runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outlines.constraint import Constraint
from outlines.models.adapters import load_adapter
from outlines.models.backend import constrain
from outlines.models.outcome import Outcome, gathering
from outlines.models.prompts import check_prompt, render
from outlines.models.refusals import refusals_as_value_errors
from outlines.models.request import Engine, Request
from outlines.models.request_options import RequestOptions
from outlines.models.sampling import build
from outlines.models.thinking import ThinkingTags, tags_for
from outlines.types.convert import constraint_of, convert

if TYPE_CHECKING:
    from vllm import SamplingParams
    from vllm.outputs import RequestOutput

# Any text, for what is limited in its thinking only.
_ANY_TEXT = Constraint("regex", r"(?s:.*)")
# How many parameter objects the items of one batch may share at a time.
_SHARED = 64


@dataclass(frozen=True)
class Item:
    """One prompt of a call or batch.

    Attributes:
        prompt: as the caller gave it.
        constraint: what the output must be; None for free text.
        parse: the Python value of a text.
        params: sampling parameters, the constraint in them.
        thinking: the tags around the thinking that comes before; None where there is none.
        engine: keywords that go with the request.
    """

    prompt: Any
    constraint: Constraint | None
    parse: Callable[[str], Any]
    params: SamplingParams
    thinking: ThinkingTags | None
    engine: dict[str, Any]


def understand(output_type: Any) -> tuple[Constraint | None, Callable[[str], Any]]:
    """The constraint of an output type, checked (None for free text), and how to read a text of it.

    Raises:
        TypeError, ValueError: it is not one, or cannot be honoured.
    """
    if output_type is None:
        return None, str
    understood = convert(output_type)
    if understood.term is None:
        return None, understood.parse
    from outlines.plugin.request import check

    constraint = constraint_of(understood.term)
    check(constraint)
    return constraint, understood.parse


class ItemMaker:
    """Makes the items of one call or batch, and their requests.

    Args:
        engine: where they will run.
        options: the call's keyword arguments.
    """

    def __init__(self, engine: Engine, options: RequestOptions) -> None:
        self._engine = engine
        self.options = options
        self._thinking = tags_for(engine, options.thinking, options.thinking_budget)
        # Items of one kind share their parameters: vLLM copies them for each request. The first entry of a value keeps
        # its key's id in use.
        self._shared: dict[tuple[int, Constraint | None], tuple[Any, SamplingParams]] = {}
        # Requests of one maker wait in one line.
        self._line = object()

    def make(
        self, prompt: Any, output_type: Any, sampling_params: Any = None, engine: dict[str, Any] | None = None
    ) -> Item:
        """Check one prompt with its output type, and build its parameters.

        Args:
            prompt, output_type: as the caller gave them.
            sampling_params, engine: those of this item; by default the call's.
        """
        check_prompt(prompt)
        constraint, parse = understand(output_type)
        if constraint is None and self._thinking is not None and self._thinking.budget is not None:
            constraint = _ANY_TEXT
        # Free text is the caller's to read where it need not be thinking.
        thinking = self._thinking
        if constraint is None and thinking is not None and thinking.if_opened:
            thinking = None
        given = self.options.sampling_params if sampling_params is None else sampling_params
        kind = id(given), constraint
        if kind not in self._shared:
            if len(self._shared) >= _SHARED:
                self._shared.clear()
            self._shared[kind] = given, self._params(given, constraint, thinking)
        params = self._shared[kind][1]
        keywords = self.options.engine if engine is None else engine
        priority, adapter = keywords.get("priority"), keywords.get("lora_request")
        # vLLM's engine would stop for good when it reads another type.
        if not (priority is None or (isinstance(priority, int) and not isinstance(priority, bool))):
            raise TypeError(f"priority is an int, not {type(priority).__name__}")
        if adapter is not None:
            load_adapter(self._engine, adapter)
        return Item(prompt, constraint, parse, params, thinking, keywords)

    def _params(self, given: Any, constraint: Constraint | None, thinking: ThinkingTags | None) -> SamplingParams:
        from vllm.sampling_params import RequestOutputKind

        options = self.options
        params = build(self._engine.llm, given, options.sampling_fields)
        # A rich result has the time of the first token, so its outputs are followed as they grow.
        params.output_kind = RequestOutputKind.CUMULATIVE if options.return_result else RequestOutputKind.FINAL_ONLY
        if thinking is not None:
            # The end of thinking is a special token of some models, and has to be seen.
            params.skip_special_tokens = False
            params.spaces_between_special_tokens = False
        if constraint is not None:
            constrain(
                params,
                constraint,
                backend=options.backend,
                thinking=thinking,
                may_think=options.thinking is not False,
                on_truncation=options.on_truncation,
                engine=self._engine,
            )
        elif options.backend is not None and params.structured_outputs is None:
            raise ValueError("backend says how an output type is enforced: give an output_type too")
        return params

    def request(self, item: Item, receive: Callable[[RequestOutput | Exception], None]) -> Request:
        """Render the prompt and make the request, ready to be submitted.

        Raises:
            ValueError: the prompt cannot be rendered.
        """
        llm = self._engine.llm
        asked = item.thinking is not None and not item.thinking.if_opened
        with self._engine.tokenizer_lock, refusals_as_value_errors():
            engine_input = render(llm, item.prompt, self.options.prompt, thinking=asked)
        return Request(
            engine_input,
            item.params,
            gathering(receive) if self.options.return_result else receive,
            self._line,
            lora_request=llm._resolve_mm_lora(engine_input, item.engine.get("lora_request")),
            priority=item.engine.get("priority") or 0,
        )

    def outcome(self, item: Item) -> Outcome:
        """What will become of its output."""
        return Outcome(item, self._decode, self.options.on_truncation, self.options.return_result)

    def _decode(self, tokens: list[int]) -> str:
        with self._engine.tokenizer_lock:
            return str(self._engine.llm.get_tokenizer().decode(tokens))
