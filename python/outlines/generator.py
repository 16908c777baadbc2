"""`Generator`: a model and an output type, understood and compiled once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

from outlines.models.stream import AsyncStream, Stream
from outlines.models.vllm_async import VLLMAsync
from outlines.models.vllm_offline import VLLMOffline
from outlines.types.convert import OutputType, convert


class Generator:
    """Generates outputs of one type. The type is checked when the generator is made, and compiled in the engine.

    On a model of an `AsyncLLM`, which only has the asynchronous forms, it is compiled with the first request.

    Args:
        model: a model, as `from_vllm_offline` or `from_vllm_async` gives it.
        output_type: what the text must be; None for free text.

    Raises:
        TypeError, ValueError: the output type is not one, or cannot be honoured.
    """

    def __init__(self, model: VLLMOffline | VLLMAsync, output_type: Any = None) -> None:
        if not isinstance(model, (VLLMOffline, VLLMAsync)):
            raise TypeError(f"Generator takes a model such as from_vllm_offline gives, not {type(model).__name__}")
        self.model = model
        self.output_type = output_type
        self._understood: OutputType | None = None if output_type is None else convert(output_type)
        if isinstance(model, VLLMOffline):
            model.prepare(output_type)

    def __call__(self, prompt: Any, **inference_args: Any) -> Any:
        """As the model's call, with this output type."""
        return self._blocking(self.model)(prompt, self.output_type, **inference_args)

    def stream(self, prompt: Any, **inference_args: Any) -> Stream:
        """As the model's `stream`, with this output type."""
        return self._blocking(self.model).stream(prompt, self.output_type, **inference_args)

    def batch(self, prompts: Iterable[Any], **inference_args: Any) -> list[Any]:
        """As the model's `batch`, with this output type."""
        return self._blocking(self.model).batch(prompts, self.output_type, **inference_args)

    def batch_stream(self, prompts: Iterable[Any], **inference_args: Any) -> Iterator[tuple[int, Any]]:
        """As the model's `batch_stream`, with this output type."""
        return self._blocking(self.model).batch_stream(prompts, self.output_type, **inference_args)

    def beam_search(self, prompt: Any, **search_args: Any) -> list[str]:
        """As the model's `beam_search`, with this output type."""
        return self._blocking(self.model).beam_search(prompt, self.output_type, **search_args)

    async def acall(self, prompt: Any, **inference_args: Any) -> Any:
        """As the model's `acall`, with this output type."""
        return await self.model.acall(prompt, self.output_type, **inference_args)

    def astream(self, prompt: Any, **inference_args: Any) -> AsyncStream:
        """As the model's `astream`, with this output type."""
        return self.model.astream(prompt, self.output_type, **inference_args)

    async def abatch(self, prompts: Iterable[Any], **inference_args: Any) -> list[Any]:
        """As the model's `abatch`, with this output type."""
        return await self.model.abatch(prompts, self.output_type, **inference_args)

    def abatch_stream(self, prompts: Any, **inference_args: Any) -> AsyncIterator[tuple[int, Any]]:
        """As the model's `abatch_stream`, with this output type."""
        return self.model.abatch_stream(prompts, self.output_type, **inference_args)

    def parse(self, text: str) -> Any:
        """The Python value of a text of this type: an instance of the model, an int, a date, ...

        Raises:
            ValueError: the text is not of this type (pydantic's `ValidationError` is one).
        """
        return text if self._understood is None else self._understood.parse(text)

    @staticmethod
    def _blocking(model: VLLMOffline | VLLMAsync) -> VLLMOffline:
        if not isinstance(model, VLLMOffline):
            raise TypeError("a model of an AsyncLLM has the asynchronous forms only: acall, astream, abatch")
        return model
