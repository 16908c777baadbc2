"""A call for free text, held against what vLLM's own `generate` and `chat` give."""

import copy
import re

import pytest
from vllm import SamplingParams

from outlines.errors import TruncatedOutputError
from outlines.inputs import Chat
from outlines.types import Regex

pytestmark = pytest.mark.engine

QUESTION = "What is the capital of Latvia?"
GREEDY = {"temperature": 0, "max_tokens": 24}


def chat_text(llm, messages, **options):
    (output,) = llm.chat(messages, SamplingParams(**GREEDY), use_tqdm=False, **options)
    return output.outputs[0].text


def test_a_str_goes_through_the_chat_template(llm, model):
    expected = chat_text(llm, [{"role": "user", "content": QUESTION}])
    assert model(QUESTION, **GREEDY) == expected
    assert "Riga" in expected


def test_a_chat_keeps_its_messages(llm, model):
    messages = [{"role": "system", "content": "Answer with one word."}, {"role": "user", "content": QUESTION}]
    assert model(Chat(messages), **GREEDY) == chat_text(llm, messages)
    assert model(Chat(messages), **GREEDY) != model(QUESTION, **GREEDY)


def test_a_last_message_of_the_assistant_is_continued(llm, model):
    messages = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": "The capital of Latvia is"}]
    expected = chat_text(llm, messages, continue_final_message=True, add_generation_prompt=False)
    assert model(Chat(messages), **GREEDY) == expected
    assert expected.lstrip().startswith("Riga")


def test_without_the_template_a_str_is_completed(llm, model):
    (output,) = llm.generate(["The capital of France is"], SamplingParams(**GREEDY), use_tqdm=False)
    assert model("The capital of France is", apply_chat_template=False, **GREEDY) == output.outputs[0].text


def test_a_template_of_the_call(llm, model):
    template = "{% for message in messages %}<{{ message.content }}>{{ mark }}{% endfor %}"
    messages = [{"role": "user", "content": "One, two, three,"}]
    given = {"chat_template": template, "chat_template_kwargs": {"mark": " four,"}}
    assert model(Chat(messages), **given, **GREEDY) == chat_text(llm, messages, **given)


def test_tools_and_what_they_answered(llm, model):
    add = {
        "type": "function",
        "function": {
            "name": "add",
            "description": "Adds.",
            "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}},
        },
    }
    called = {"id": "1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
    messages = [
        {"role": "user", "content": "Add."},
        {"role": "assistant", "content": None, "tool_calls": [called]},
        {"role": "tool", "content": "4", "tool_call_id": "1", "name": "add"},
    ]
    template = (
        "{{ tools[0].function.name }}{% for message in messages %}<{{ message.role }} {{ message.name }} "
        "{{ message.tool_call_id }}>{% for call in message.tool_calls or [] %}{{ call.function.name }}{% endfor %}"
        "{{ message.content }}{% endfor %}"
    )
    given = {"chat_template": template, "tools": [add]}
    result = model(Chat(messages), return_result=True, **given, **GREEDY)
    prompt = llm.get_tokenizer().decode(result.prompt_token_ids)
    assert "<tool add 1>4" in prompt
    assert prompt.startswith("add<user")
    assert result.text == chat_text(llm, messages, **given)


def test_the_limit_has_two_names(llm, model):
    for name in ("max_tokens", "max_new_tokens"):
        text = model("Tell me a long story.", temperature=0, ignore_eos=True, **{name: 7})
        assert len(llm.get_tokenizer().encode(text, add_special_tokens=False)) == 7


def test_without_a_limit_the_text_ends_by_itself(llm, model):
    text = model("Tell me about the sea in two sentences.", temperature=0)
    assert len(llm.get_tokenizer().encode(text)) > 16
    assert text.rstrip()[-1] in ".!?"


def test_sampling_params_alone_and_with_keywords(model):
    expected = model(QUESTION, **GREEDY)
    params = SamplingParams(**GREEDY)
    before = copy.deepcopy(params)
    assert model(QUESTION, sampling_params=params) == expected
    assert model(QUESTION, sampling_params=SamplingParams(temperature=0), max_tokens=24) == expected
    assert params == before


def test_a_stop_string_and_a_seed(model):
    text = model("Count from one to ten.", temperature=0, stop=["."], max_tokens=60)
    assert "." not in text
    drawn = [model("Give me a name.", temperature=1.0, seed=seed, max_tokens=12) for seed in (1, 1, 2, 3)]
    assert drawn[0] == drawn[1]
    assert len(set(drawn)) > 1


def test_a_stop_string_in_a_structured_output(model, unfinished):
    halves, options = Regex("[a-z]{5}X[a-z]{5}"), {"stop": ["X"], "temperature": 0}
    with pytest.raises(TruncatedOutputError, match="ended by stop='X' and is not whole") as caught:
        model(QUESTION, halves, **options)
    assert caught.value.stop == "X"
    assert re.fullmatch("[a-z]{5}", caught.value.text)
    assert model(QUESTION, halves, on_truncation="return", **options) == caught.value.text
    stream, pieces = model.stream(QUESTION, halves, **options), []
    with pytest.raises(TruncatedOutputError):
        pieces.extend(stream)
    # What comes before it may be all that the type asks for.
    assert re.fullmatch("[a-z]{4}", model(QUESTION, Regex("[a-z]{4}(X[a-z]{2})?"), **options))
    with pytest.raises(TruncatedOutputError):
        model(QUESTION, int, thinking=True, stop=["a", "e", "i", "o", "u", " "], temperature=0)


def test_several_outputs(model):
    texts = model("Give me a name.", n=3, seed=5, temperature=1.0, max_tokens=12)
    assert [type(text) for text in texts] == [str] * 3
    assert len(set(texts)) > 1


def test_two_models_of_one_llm_share_its_engine(llm, model):
    import outlines

    other = outlines.from_vllm_offline(llm)
    assert other._engine is model._engine
    assert other(QUESTION, **GREEDY) == model(QUESTION, **GREEDY)


def test_vllms_own_methods_work_between_calls(llm, model):
    before = model(QUESTION, **GREEDY)
    assert chat_text(llm, [{"role": "user", "content": QUESTION}]) == before
    assert model(QUESTION, **GREEDY) == before


def test_a_model_without_a_chat_template(llm, model, unfinished, monkeypatch):
    monkeypatch.setattr(llm.get_tokenizer(), "chat_template", None)
    chat = Chat([{"role": "user", "content": "What is the capital of Latvia?"}])
    says = r"no chat template, so it cannot take a Chat: pass chat_template=\.\.\., or give the prompt as a str"
    with pytest.raises(ValueError, match=says):
        model(chat)
    with pytest.raises(ValueError, match=says):
        next(model.stream(chat, int))
    good, bad = model.batch(["2 + 2 =", chat], int, max_tokens=3, return_exceptions=True)
    assert int(good) < 1000
    assert isinstance(bad, ValueError)
    assert re.search(says, str(bad))
    with pytest.raises(ValueError, match="tools: for conversations only"):
        model("2 + 2 =", tools=[{"type": "function"}])
    with pytest.raises(ValueError, match=r"the chat template cannot write this prompt: .*expression"):
        model(chat, chat_template="{% if %}")
    with pytest.raises(ValueError, match="only users"):
        model(chat, chat_template="{{ raise_exception('only users') }}")
    # What it says to do.
    template = "{% for message in messages %}{{ message.content }}{% endfor %} Answer:"
    assert model(chat, chat_template=template, **GREEDY) == model(f"{chat.messages[0]['content']} Answer:", **GREEDY)
