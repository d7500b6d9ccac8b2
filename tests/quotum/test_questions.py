"""A question that has no answer says so in one line, and tells its faults one by one where they are known."""

from quotum.questions import QuestionError
from schemas.wire import Fault


def test_a_refused_question_says_why_and_is_a_value_that_cannot_be() -> None:
    error = QuestionError("a team is a number")
    assert str(error) == "a team is a number"
    assert error.faults == ()
    assert isinstance(error, ValueError)


def test_each_field_that_is_wrong_stays_told_by_itself_whoever_keeps_the_list() -> None:
    faults = [Fault("value", "lies below 0"), Fault("day", "lies after the period")]
    error = QuestionError("two fields are wrong", faults)
    faults.clear()
    assert [str(fault) for fault in error.faults] == ["value: lies below 0", "day: lies after the period"]
