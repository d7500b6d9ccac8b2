"""What is said of a question that cannot be answered as it was asked, whoever asks it and wherever."""

from collections.abc import Sequence

from schemas.wire import Fault


class QuestionError(ValueError):
    """A question that has no answer as it was asked: what, and how to ask it."""

    def __init__(self, message: str, faults: Sequence[Fault] = (), *, field: str | None = None) -> None:
        """`faults`: the same one by one, where it is known which field is wrong; `field`: where it is just that one."""
        super().__init__(message)
        self.faults = tuple(faults) if field is None else (Fault(field, *parted(message)),)


def parted(message: str) -> tuple[str, str]:
    """What is wrong, and what to do about it, of a message that says both; the latter is empty where it says none."""
    for mark in (". Forms: ", "; ", ": "):
        wrong, found, remedy = message.rpartition(mark)
        if found:
            return wrong, remedy
    return message, ""
