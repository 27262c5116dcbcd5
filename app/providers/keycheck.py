"""What “Check key” says, in the same words for every service."""

from app.domain.credits import KeyCheck
from app.domain.errors import ServiceError
from app.providers.client import Answer


def accepted(answer: Answer, detail: str = "") -> KeyCheck:
    """The key works; `detail` is a further sentence."""
    return KeyCheck(True, f"The key works. {detail}".strip(), answer.request_id, answer.status)


def refused(error: ServiceError) -> KeyCheck:
    """The service answered that the key does not work, or not for this program."""
    return KeyCheck(False, f"{error.text} {error.next_step}".strip(), error.request_id, error.status)
