"""What is said of a question that cannot be answered as it was asked, whoever asks it and wherever."""

from collections.abc import Sequence

from schemas.wire import Fault


class QuestionError(ValueError):
    """A question that has no answer as it was asked: what, and how to ask it."""

    def __init__(self, message: str, faults: Sequence[Fault] = ()) -> None:
        """`faults`: the same one by one, where it is known which field is wrong."""
        super().__init__(message)
        self.faults = tuple(faults)
