"""Leadfeeder's search filters. Contract sheet `leadfeeder` section 3.2.

Its `filters` object is left out: none of its members is known for contacts.
"""

from app.domain.search import Choice, ChoiceSource, FilterKind, FilterSpec

FILTERS: tuple[FilterSpec, ...] = (
    FilterSpec(
        "account_id",
        "Account",
        FilterKind.CHOICE,
        "The Leadfeeder account to search in.",
        choice_source=ChoiceSource.ACCOUNTS,
        required=True,
    ),
    FilterSpec("search_terms", "Name or title", FilterKind.TEXT_LIST, "Full name or title of the contact."),
    FilterSpec("positions", "Job titles", FilterKind.TEXT_LIST, "Job titles, in the original or in English."),
    FilterSpec("emails", "E-mail addresses", FilterKind.TEXT_LIST, "Look people up by their e-mail address."),
    FilterSpec("company_ids", "Company IDs", FilterKind.TEXT_LIST, "Leadfeeder's IDs of companies."),
    FilterSpec(
        "departments",
        "Departments",
        FilterKind.CHOICE_LIST,
        "Departments, by Leadfeeder's code.",
        choices=(
            Choice("marketing_department", "Marketing"),
            Choice("sales_department", "Sales"),
            Choice("it_department", "IT"),
            Choice("students_apprentices", "Students and apprentices"),
        ),
        open_choices=True,
    ),
    FilterSpec(
        "hierarchy_levels",
        "Hierarchy levels",
        FilterKind.CHOICE_LIST,
        "Levels in the company, by Leadfeeder's code.",
        choices=(Choice("employees", "Employees"),),
        open_choices=True,
    ),
    FilterSpec(
        "affiliation",
        "Affiliation",
        FilterKind.CHOICE,
        "Relation to the company, by Leadfeeder's code.",
        choices=(Choice("employee", "Employee"),),
        open_choices=True,
    ),
    FilterSpec(
        "buyer_persona_ids",
        "Buyer personas",
        FilterKind.CHOICE_LIST,
        "Saved buyer personas of the account.",
        choice_source=ChoiceSource.BUYER_PERSONAS,
        open_choices=True,
    ),
)
