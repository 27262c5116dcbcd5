"""What “Check key” says, in the same words for every service."""

from app.domain.credits import KeyCheck
from app.domain.errors import ServiceError
from app.providers.client import Answer


def accepted(answer: Answer, detail: str = "") -> KeyCheck:
    """The key works; `detail` is a further sentence."""
    return KeyCheck(
        ok=True, text=f"The key works. {detail}".strip(), request_id=answer.request_id, status=answer.status
    )


def refused(error: ServiceError) -> KeyCheck:
    """The service answered that the key does not work, or not for this program."""
    return KeyCheck(
        ok=False, text=f"{error.text} {error.next_step}".strip(), request_id=error.request_id, status=error.status
    )
