"""Beam search, with vLLM's algorithm and our constraints."""

import json

import pytest

import outlines
from outlines.constraint import Constraint
from outlines.errors import TruncatedOutputError

pytestmark = pytest.mark.engine

QUESTION = "What is the capital of France?"


def test_every_beam_is_of_the_type(model, unfinished):
    texts = model.beam_search(QUESTION, outlines.Regex("[A-Z][a-z]{2,7}"), beam_width=3, max_tokens=8)
    assert 1 <= len(texts) <= 3
    assert len(set(texts)) == len(texts)
    assert all(text[0].isupper() and text[1:].islower() and 3 <= len(text) <= 8 for text in texts)


def likelihoods(llm, prompt: list[int], constraint: Constraint) -> dict[str, float]:
    """Every text of a small language with the likelihood of its best spelling, by following all tokens."""
    from vllm import SamplingParams

    from outlines.plugin.request import mark

    tokenizer = llm.get_tokenizer()
    found: dict[str, float] = {}
    level = {(): 0.0}
    while level:
        params = [SamplingParams(max_tokens=1, temperature=0, logprobs=20) for _ in level]
        for one, written in zip(params, level, strict=True):
            mark(one, constraint, taken=len(written), on_truncation="return")
        prompts = [{"prompt_token_ids": prompt + list(written)} for written in level]
        outputs = llm.generate(prompts, params, use_tqdm=False)
        after = {}
        for (written, score), output in zip(level.items(), outputs, strict=True):
            for token, scored in output.outputs[0].logprobs[0].items():
                if token == tokenizer.eos_token_id and scored.logprob > -20:
                    text = tokenizer.decode(written)
                    found[text] = max(found.get(text, -100), score + scored.logprob)
                elif scored.logprob > -20:
                    after[(*written, token)] = score + scored.logprob
        level = after
    return found


def test_the_best_of_a_few_choices(llm, model, unfinished):
    choices = outlines.Choice(["Paris", "London", "Rome", "Berlin"])
    prompt = model(QUESTION, return_result=True, max_tokens=1).prompt_token_ids
    expected = likelihoods(llm, prompt, Constraint("choice", choices.texts))
    assert expected.keys() == set(choices.texts)
    texts = model.beam_search(QUESTION, choices, beam_width=8, max_tokens=8, length_penalty=0.0)
    assert texts[0] == max(expected, key=expected.__getitem__), expected
    assert len(texts) == len(set(texts))


def test_json(model, unfinished):
    schema = outlines.JsonSchema(
        {
            "type": "object",
            "properties": {
                "city": {"enum": ["Paris", "Riga"]},
                "size": {"type": "integer", "minimum": 1, "maximum": 9},
            },
            "required": ["city", "size"],
            "additionalProperties": False,
        }
    )
    for text in model.beam_search(QUESTION, schema, beam_width=2, max_tokens=40):
        assert json.loads(text).keys() == {"city", "size"}


def test_free_text_is_what_vllm_gives(llm, model, unfinished):
    from vllm.sampling_params import BeamSearchParams

    expected = llm.beam_search([{"prompt": "The capital of France is"}], BeamSearchParams(beam_width=2, max_tokens=5))
    tokenizer = llm.get_tokenizer()
    prompt = tokenizer.encode("The capital of France is")
    texts = [tokenizer.decode(beam.tokens[len(prompt) :]) for beam in expected[0].sequences]
    found = model.beam_search("The capital of France is", beam_width=2, max_tokens=5, apply_chat_template=False)
    assert found == texts


def test_it_runs_beside_other_requests(model, unfinished):
    with model.stream("Count.", max_tokens=400, ignore_eos=True) as stream:
        next(stream)
        assert model.beam_search(QUESTION, int, beam_width=2, max_tokens=25)
        next(stream)
    assert unfinished() == 0


def test_vllms_own_method_takes_our_constraint(llm):
    from vllm.sampling_params import BeamSearchParams, StructuredOutputsParams

    from outlines.plugin import NAME

    structured = StructuredOutputsParams(regex="[0-9]{3}")
    structured._backend = NAME
    params = BeamSearchParams(beam_width=2, max_tokens=6, structured_outputs=structured)
    (output,) = llm.beam_search([{"prompt": "One hundred is "}], params)
    tokenizer = llm.get_tokenizer()
    start = len(tokenizer.encode("One hundred is "))
    texts = [tokenizer.decode(beam.tokens[start:], skip_special_tokens=True) for beam in output.sequences]
    assert texts
    assert all(text.isdecimal() and len(text) <= 3 for text in texts)


def test_too_short_and_unknown_arguments(model, unfinished):
    with pytest.raises(TruncatedOutputError):
        model.beam_search(QUESTION, outlines.Regex("[a-z ]{200}"), beam_width=2, max_tokens=3)
    with pytest.raises(TypeError, match="beam search does not take temperature"):
        model.beam_search(QUESTION, int, temperature=1.0)


def test_an_output_that_the_prompt_has_begun(llm, model):
    """What beam search builds on: the last tokens of the prompt are the beginning of the output."""
    from vllm import SamplingParams

    from outlines.plugin.request import mark, raise_if_failed

    tokenizer = llm.get_tokenizer()
    begun = tokenizer.encode("12", add_special_tokens=False)
    params = SamplingParams(temperature=0, max_tokens=8)
    mark(params, Constraint("regex", "[0-9]{3}"), taken=len(begun))
    (output,) = llm.generate([{"prompt_token_ids": tokenizer.encode("Count: ") + begun}], params, use_tqdm=False)
    raise_if_failed(output.outputs[0])
    assert len(output.outputs[0].text) == 1
    assert output.outputs[0].text.isdecimal()
