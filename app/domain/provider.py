"""The four contact-data services by name."""

from enum import StrEnum


class Provider(StrEnum):
    """One contact-data service; the value is its name on the command line, in files and in the library."""

    TALKTOHUMANS = "talktohumans"
    LEADFEEDER = "leadfeeder"
    TAMTAM = "tamtam"
    BUILDWORKPRO = "buildworkpro"

    @property
    def label(self) -> str:
        """The service's name as its vendor writes it."""
        return _LABELS[self]


_LABELS = {
    Provider.TALKTOHUMANS: "TalkToHumans",
    Provider.LEADFEEDER: "Leadfeeder",
    Provider.TAMTAM: "Tamtam",
    Provider.BUILDWORKPRO: "BuildWorkPro",
}
