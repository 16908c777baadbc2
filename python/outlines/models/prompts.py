"""From a caller's prompt to vLLM's engine input: chat template, tokens.

A `str` goes through the model's chat template as one user message when the model has one, a `Chat` always does.
Rendering uses the tokenizer, which is not safe in several threads at once: callers hold the dispatcher's lock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from outlines.inputs import Chat

if TYPE_CHECKING:
    from vllm import LLM

# Keywords of `LLM.generate` and `LLM.chat` that say how a prompt becomes tokens.
COMPLETION_KEYWORDS = frozenset({"tokenization_kwargs", "mm_processor_kwargs"})
CHAT_KEYWORDS = frozenset(
    {
        "add_generation_prompt",
        "chat_template",
        "chat_template_content_format",
        "chat_template_kwargs",
        "continue_final_message",
        "tools",
    }
)
PROMPT_KEYWORDS = COMPLETION_KEYWORDS | CHAT_KEYWORDS | {"apply_chat_template"}


def check_prompt(prompt: Any) -> None:
    """Refuse what `render` cannot take.

    Raises:
        TypeError: it is neither a str nor a `Chat`.
        ValueError: it is a conversation without messages.
    """
    if isinstance(prompt, Chat) and not prompt.messages:
        raise ValueError("the Chat has no messages")
    if isinstance(prompt, (str, Chat)):
        return
    hint = ""
    if isinstance(prompt, (list, tuple)):
        hint = "; use model.batch(...) for several prompts"
        if prompt and all(isinstance(message, dict) for message in prompt):
            hint = "; wrap a list of messages in outlines.inputs.Chat(...)"
    elif isinstance(prompt, bytes):
        hint = "; decode it first"
    raise TypeError(f"a prompt is a str or a Chat, not {type(prompt).__name__}{hint}")


def render(llm: LLM, prompt: str | Chat, options: dict[str, Any]) -> Any:
    """vLLM's engine input for one prompt.

    Args:
        llm: the vLLM model.
        prompt: text, or a conversation.
        options: values by the names in `PROMPT_KEYWORDS`.

    Raises:
        ValueError: a conversation is given and the model has no chat template, an option has no effect on this
            prompt, or vLLM refuses the prompt.
    """
    apply = options.get("apply_chat_template")
    given = {name: value for name, value in options.items() if value is not None and name != "apply_chat_template"}
    if isinstance(prompt, Chat):
        if apply is False:
            raise ValueError("apply_chat_template=False is for a str: a Chat is written by the chat template")
        messages = prompt.messages
    elif apply or (apply is None and has_chat_template(llm, given)):
        messages = [{"role": "user", "content": prompt}]
    else:
        if useless := given.keys() & CHAT_KEYWORDS:
            raise ValueError(
                f"{', '.join(sorted(useless))}: for conversations only, and this prompt is not written by a chat "
                "template. Pass a Chat, or leave it out"
            )
        return llm._preprocess_cmpl_one(prompt, **given)
    return _render_chat(llm, messages, given)


def _render_chat(llm: LLM, messages: list[dict[str, Any]], given: dict[str, Any]) -> Any:
    if not has_chat_template(llm, given):
        raise ValueError(
            "this model has no chat template, so it cannot take a Chat: pass chat_template=..., or give the prompt as "
            "a str"
        )
    # The template that the user gave to the LLM; vLLM before 0.20 does not look at it by itself.
    given.setdefault("chat_template", getattr(llm, "chat_template", None))
    if messages[-1]["role"] == "assistant" and not {"continue_final_message", "add_generation_prompt"} & given.keys():
        given.update(continue_final_message=True, add_generation_prompt=False)
    return llm._preprocess_chat_one(messages, **given)  # type: ignore[arg-type]


def has_chat_template(llm: LLM, given: dict[str, Any]) -> bool:
    """Whether there is a chat template: given with the call, with the `LLM`, or in the model's own folder."""
    if given.get("chat_template") or getattr(llm, "chat_template", None):
        return True
    tokenizer = llm.get_tokenizer()
    # A tokenizer class without that attribute writes conversations in code of its own.
    return bool(getattr(tokenizer, "chat_template", hasattr(tokenizer, "apply_chat_template")))
