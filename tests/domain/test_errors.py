import inspect

import pytest

from app.domain import errors
from app.domain.errors import ContactScoutError, MissingKeyError, NetworkError, NoCreditsError, ServiceError
from app.domain.provider import Provider

CLASSES = [each for _name, each in inspect.getmembers(errors, inspect.isclass) if issubclass(each, ContactScoutError)]


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_has_an_exit_code_of_the_command_line(kind: type[ContactScoutError]) -> None:
    assert kind.exit_code in ({1} if kind is ContactScoutError else {2, 3, 4, 5, 6})


def test_errors_carry_what_to_show_and_what_to_do() -> None:
    missing = MissingKeyError(Provider.TAMTAM)
    assert (str(missing), missing.exit_code) == ("There is no key for Tamtam yet.", 4)
    assert missing.next_step
    refused = NoCreditsError("Not enough credits.", provider=Provider.TAMTAM, status=402, request_id="r-1")
    assert isinstance(refused, ServiceError)
    assert (refused.exit_code, refused.status, refused.request_id) == (5, 402, "r-1")
    assert NetworkError("No answer.", provider=Provider.TAMTAM).sent
