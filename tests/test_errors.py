"""The errors of a run: what they say, and that they survive a trip through pickle."""

import pickle

from outlines import errors


def test_a_truncated_output_carries_its_text():
    error = errors.TruncatedOutputError('{"a": ' + "1" * 500)
    assert error.text.endswith("1")
    assert "max_tokens" in str(error)
    assert len(str(error)) < 600
    again = pickle.loads(pickle.dumps(error))
    assert (again.text, again.texts, str(again)) == (error.text, error.texts, str(error))


def test_a_batch_error_carries_results_and_cause():
    first, second = ValueError("first"), TypeError("second")
    error = errors.BatchError(["a", first, "b", second])
    assert error.results == ["a", first, "b", second]
    assert error.failures == {1: first, 3: second}
    assert error.__cause__ is first
    assert "2 of 4" in str(error)
    assert "ValueError: first" in str(error)
    assert pickle.loads(pickle.dumps(error)).results[0] == "a"


def test_all_are_of_one_family():
    for name in ("TruncatedOutputError", "BatchError", "GenerationError"):
        assert issubclass(getattr(errors, name), errors.OutlinesError)
