"""From a caller's prompt to vLLM's engine input: chat template, tokens.

A `str` or a list of text and media goes through the model's chat template as one user message when the model has one,
a `Chat` always does.
Rendering uses the tokenizer, which is not safe in several threads at once: callers hold the dispatcher's lock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from outlines.inputs import Chat, Image, Media

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
        TypeError: it is neither a str, a list of text and media, nor a `Chat`, or a part of it is none.
        ValueError: it is a conversation without messages, or a text holds what is no character.
    """
    if isinstance(prompt, Chat):
        if not prompt.messages:
            raise ValueError("the Chat has no messages")
        for message in prompt.messages:
            _check_content(message.get("content"))
        return
    if isinstance(prompt, str):
        _check_text(prompt)
        return
    if isinstance(prompt, (list, tuple)) and any(isinstance(part, Media) for part in prompt):
        _check_content(prompt)
        return
    hint = ""
    if isinstance(prompt, (list, tuple)):
        hint = "; use model.batch(...) for several prompts"
        if prompt and all(isinstance(message, dict) for message in prompt):
            hint = "; wrap a list of messages in outlines.inputs.Chat(...)"
    elif isinstance(prompt, bytes):
        hint = "; decode it first"
    elif isinstance(prompt, Media):
        hint = f"; put it beside a text: ['What is this?', {type(prompt).__name__}(...)]"
    raise TypeError(f"a prompt is a str or a Chat, not {type(prompt).__name__}{hint}")


def _check_text(text: str) -> None:
    """Refuse what tokenizers take for another type. Texts that were decoded carelessly have it."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"the prompt holds half a character, {text[error.start]!r}, at position {error.start}: it was decoded with "
            "errors='surrogateescape' or cut in the middle; decode it with errors='replace'"
        ) from error


def _check_content(content: Any) -> None:
    if isinstance(content, str):
        _check_text(content)
    if content is None or isinstance(content, (str, Media)):
        return
    if not isinstance(content, (list, tuple)):
        raise TypeError(f"the content of a message is a str or a list of parts, not {type(content).__name__}")
    for part in content:
        if isinstance(part, str):
            _check_text(part)
        if not isinstance(part, (str, dict, Media)):
            hint = "; wrap it in outlines.inputs.Image(...)" if type(part).__module__.startswith("PIL") else ""
            raise TypeError(
                f"a part of a message is a str, an Image, Audio or Video, or a dict such as "
                f'{{"type": "text", "text": "..."}}, not {type(part).__name__}{hint}'
            )


def render(llm: LLM, prompt: Any, options: dict[str, Any], *, thinking: bool = False) -> Any:
    """vLLM's engine input for one prompt.

    Args:
        llm: the vLLM model.
        prompt: text, a list of text and media, or a conversation.
        options: values by the names in `PROMPT_KEYWORDS`.
        thinking: whether the model is asked to think, which some chat templates want to know.

    Raises:
        ValueError: a conversation is given and the model has no chat template, an option has no effect on this
            prompt, or vLLM refuses the prompt.
    """
    apply = options.get("apply_chat_template")
    given = {name: value for name, value in options.items() if value is not None and name != "apply_chat_template"}
    _check_media(llm, prompt)
    if isinstance(prompt, Chat):
        if apply is False:
            raise ValueError("apply_chat_template=False is for a str: a Chat is written by the chat template")
        messages = [_plain(message) for message in prompt.messages]
    elif apply or (apply is None and has_chat_template(llm, given)):
        messages = [_plain({"role": "user", "content": prompt})]
    else:
        if useless := given.keys() & CHAT_KEYWORDS:
            raise ValueError(
                f"{', '.join(sorted(useless))}: for conversations only, and this prompt is not written by a chat "
                "template. Pass a Chat, or leave it out"
            )
        plain: Any = prompt if isinstance(prompt, str) else _completion(prompt)
        return llm._preprocess_cmpl_one(plain, **given)
    if thinking:
        # The names that templates have for it; one that has none does not look.
        asked = {"enable_thinking": True, "thinking": True}
        given["chat_template_kwargs"] = {**asked, **given.get("chat_template_kwargs", {})}
    return _render_chat(llm, messages, given)


def _plain(message: dict[str, Any]) -> dict[str, Any]:
    """A message with its parts in vLLM's form. Its text and media keep their order."""
    content = message.get("content")
    if isinstance(content, Media):
        content = [content]
    if not isinstance(content, (list, tuple)):
        return message
    return {**message, "content": [_part(part) for part in content]}


def _part(part: Any) -> Any:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    return part.part() if isinstance(part, Media) else part


def _completion(parts: Any) -> dict[str, Any]:
    """vLLM's prompt without a chat template: the text has the model's own placeholders in it."""
    text = "".join(part for part in parts if isinstance(part, str))
    images = [part for part in parts if isinstance(part, Image)]
    if len(images) < sum(isinstance(part, Media) for part in parts) or any(image.url for image in images):
        raise ValueError("without a chat template only images that are no URLs can go with a text: give chat_template=")
    return {"prompt": text, "multi_modal_data": {"image": [image.image for image in images]}}


def _check_media(llm: LLM, prompt: Any) -> None:
    """Refuse media that the model does not take."""
    contents = [message.get("content") for message in prompt.messages] if isinstance(prompt, Chat) else [prompt]
    parts = [part for content in contents for part in (content if isinstance(content, (list, tuple)) else [content])]
    media = [part for part in parts if isinstance(part, Media)]
    kinds = [kind for part in parts if (kind := _kind(part)) is not None]
    if not kinds:
        return
    if not llm.model_config.is_multimodal_model:
        raise ValueError(f"{llm.model_config.model} takes text only, and the prompt has {kinds[0]} in it")
    # Said before the media are read, which may need packages that such a model does not.
    processor = getattr(llm.renderer, "mm_processor", None)
    taken = getattr(getattr(processor, "info", None), "supported_mm_limits", None)
    if taken is not None and (wrong := [kind for kind in kinds if kind not in taken]):
        raise ValueError(f"{llm.model_config.model} takes {', '.join(['text', *sorted(taken)])}, but no {wrong[0]}")
    for part in media:
        if (part.url or "").startswith("file:") and not llm.model_config.allowed_local_media_path:
            raise ValueError(
                f"{part.url}: vLLM reads file URLs only below LLM(allowed_local_media_path=...). Give the path itself "
                "instead of a URL"
            )


def _kind(part: Any) -> str | None:
    """Which kind of media a part is; None for text, and for what vLLM will say is none."""
    if isinstance(part, Media):
        return part.kind
    if not isinstance(part, dict):
        return None
    # vLLM also takes {"image_url": ...} without a type.
    names = [str(part["type"])] if "type" in part else list(map(str, part))
    return next((kind for kind in ("image", "audio", "video") if any(kind in name.split("_") for name in names)), None)


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
    from jinja2 import TemplateError

    try:
        return llm._preprocess_chat_one(messages, **given)  # type: ignore[arg-type]
    except TemplateError as error:
        raise ValueError(f"the chat template cannot write this prompt: {error}") from error


def has_chat_template(llm: LLM, given: dict[str, Any]) -> bool:
    """Whether there is a chat template: given with the call, with the `LLM`, or in the model's own folder."""
    if given.get("chat_template") or getattr(llm, "chat_template", None):
        return True
    tokenizer = llm.get_tokenizer()
    # A tokenizer class without that attribute writes conversations in code of its own.
    return bool(getattr(tokenizer, "chat_template", hasattr(tokenizer, "apply_chat_template")))
