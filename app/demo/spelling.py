"""What a person is called, and how one reaches them: the same human differs from service to service."""

from dataclasses import dataclass

from app.demo.dataset import Person
from app.demo.text import fold, slug, without_accents
from app.domain.provider import Provider


@dataclass(frozen=True, slots=True)
class Name:
    """A name as one service writes it; `last` is "" where it has only one word."""

    first: str
    last: str

    @property
    def full(self) -> str:
        """First and last name."""
        return f"{self.first} {self.last}".strip()

    @property
    def folded(self) -> str:
        """The full name for comparing; quick, because the same words come again and again."""
        return f"{fold(self.first)} {fold(self.last)}".strip()


def true_name(person: Person) -> Name:
    """The name in its own script and in full."""
    return Name(person.given.native, person.surname.native if person.surname else "")


def name_at(person: Person, provider: Provider) -> Name:
    """The name as a service has it: in full, without accents, romanised, shortened or with an initial only."""
    name = true_name(person)
    draw = person.draw(f"name {provider}", 100)
    is_latin = person.given.native == person.given.latin
    if draw < 55:
        return name
    if draw < 72 or not is_latin:
        return romanised_name(person)
    if draw < 82 and person.given.nickname:
        return Name(person.given.nickname, name.last)
    if draw < 86:
        return Name(f"{name.first[0]}.", name.last)
    if draw < 89:
        return Name(name.first.upper(), name.last.upper())
    return name


def romanised_name(person: Person) -> Name:
    """The name in plain Latin letters."""
    surname = without_accents(person.surname.latin) if person.surname else ""
    return Name(without_accents(person.given.latin), surname)


def linkedin_handle(person: Person) -> str:
    """The LinkedIn handle; it ends in a demo number, so that it cannot be anybody's."""
    name = romanised_name(person)
    words = "-".join(word for word in (slug(name.first), slug(name.last)) if word)
    return f"{words}-demo-{person.index}"


def index_of_handle(handle: str) -> int | None:
    """The person's index from a LinkedIn handle, None when it is none of ours."""
    _, marker, number = handle.rpartition("-demo-")
    return int(number) if marker and number.isascii() and number.isdigit() and len(number) < 10 else None


def linkedin_url(person: Person) -> str:
    """The LinkedIn profile, "" for one in twelve."""
    if person.chance("no linkedin", 8):
        return ""
    return f"https://www.linkedin.com/in/{linkedin_handle(person)}"


def work_email(person: Person) -> str:
    """The address at the employer, "" where the employer or its domain is unknown."""
    if person.company is None or not person.company.domain:
        return ""
    return email_at(person, person.company.domain)


def email_at(person: Person, domain: str) -> str:
    """The person's address at a domain; namesakes are told apart by a number."""
    name = romanised_name(person)
    first, last = slug(name.first).replace("-", ""), slug(name.last).replace("-", "")
    local = f"{first}.{last}" if last else first
    return f"{local}{person.twin + 1 if person.twin else ''}@{domain}"


def email_known_to(person: Person, provider: Provider) -> str:
    """The address that a service has on file, "" for about a third of the people."""
    return "" if person.chance(f"no email {provider}", 35) else work_email(person)


def phone_of(person: Person, country_code: str | None = None) -> str:
    """A number from the range that the country's regulator keeps for fiction; US style where there is none."""
    draw = person.draw("phone", 10000)
    match country_code or person.city.country_code:
        case "GB" | "IE":
            return f"+44 7700 900{draw % 1000:03}"
        case "FR" | "BE":
            return f"+33 1 99 00 {draw // 100:02} {draw % 100:02}"
        case "DE" | "AT" | "CH":
            return f"+49 30 23125 {draw % 1000:03}"
        case _:
            return f"+1-555-01{draw % 100:02}"


def phone_known_to(person: Person, provider: Provider) -> str:
    """The number that a service has on file, "" for about half of the people."""
    return "" if person.chance(f"no phone {provider}", 50) else phone_of(person)


def company_name_at(person: Person, provider: Provider) -> str:
    """The employer as a service writes it: in full, without its legal form, or in capitals; "" for freelancers."""
    if person.company is None:
        return ""
    name = person.company.name
    draw = person.draw(f"company {provider}", 100)
    if draw < 80:
        return name
    if draw < 90:
        return without_accents(name)
    for legal_form in (" GmbH & Co. KG", " GmbH", " SARL", " Ltd", " LLC", " AB", " S.L.", " Inc."):
        name = name.removesuffix(legal_form)
    return name


def headline_of(person: Person) -> str:
    """The line under the name in a profile."""
    return " ".join(headline_parts(person))


def headline_parts(person: Person) -> tuple[str, str, str]:
    """Title, a joining word, and the employer."""
    if person.company is None:
        return person.title.text, "|", "Freelance"
    return person.title.text, "at", person.company.name
