"""`Application`: a prompt template and an output type, ready for any model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from outlines.models.asynchronous import AsynchronousForms
from outlines.models.vllm_offline import VLLMOffline


class Application:
    """A task: how its prompt is made from values, and the type of its output.

    Args:
        template: a `Template`, or any function from the values, as keywords, to a prompt.
        output_type: what the text must be; None for free text.
    """

    def __init__(self, template: Callable[..., Any], output_type: Any = None) -> None:
        if not callable(template):
            raise TypeError(f"Application takes a Template or a function, not {type(template).__name__}")
        self.template = template
        self.output_type = output_type

    def __call__(self, model: VLLMOffline, values: Mapping[str, Any] | None = None, /, **inference_args: Any) -> Any:
        """Fill in the template and generate.

        Args:
            model: the model.
            values: the template's values, by name.
            inference_args: as for the model's call.
        """
        return model(self.template(**(values or {})), self.output_type, **inference_args)

    async def acall(
        self, model: AsynchronousForms, values: Mapping[str, Any] | None = None, /, **inference_args: Any
    ) -> Any:
        """As a call, for `await`."""
        return await model.acall(self.template(**(values or {})), self.output_type, **inference_args)
