"""Phone numbers: E.164 where a number can be read for certain, else as it came.

Reading follows Google's numbering plans (`phonenumbers`), which are loaded with the first number.
"""

from dataclasses import replace

from app.domain.contact import PhoneValue


def e164(number: str, region: str = "") -> str:
    """A number as E.164 writes it, such as `+442079460018`; "" when it is none for certain.

    Args:
        number: Any spelling. Without a country code it can be read only along with a region.
        region: The country it is from, two letters such as `GB`; anything else is passed over.
    """
    import phonenumbers  # takes longer to load than the rest of the domain

    country = region.strip().upper()
    known = country if country in phonenumbers.SUPPORTED_REGIONS else None
    try:
        parsed = phonenumbers.parse(number, known)
    except phonenumbers.NumberParseException:
        return ""
    length = phonenumbers.is_possible_number_with_reason(parsed)
    fits = {phonenumbers.ValidationResult.IS_POSSIBLE}
    if number.strip().startswith("+"):
        # Its country code stands there: nothing is guessed, however short the number.
        fits.add(phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY)
    # An extension has no place in E.164; without it the number would reach the switchboard.
    if parsed.extension or length not in fits:
        return ""
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def compact_phone(number: str) -> str:
    """An international number as E.164 writes it; anything else as it came.

    A number without country code stays: guessing one could make it another person's.
    """
    return e164(number) or number


def in_e164(phone: PhoneValue) -> PhoneValue:
    """The value with its number in E.164 and the provider's text beside it; unchanged when it cannot be read."""
    number = e164(phone.number, phone.region)
    return replace(phone, number=number, raw=phone.number) if number and number != phone.number else phone
