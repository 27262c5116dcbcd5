"""The commands there are, with what each does: known here alone, and without loading any of them."""

COMMANDS = {
    "search": "search a service and write the rows to a CSV file",
    "fetch": "fetch contacts by ID and write them to a CSV file",
    "enrich": "look up e-mails and phones of people in a CSV file",
    "queue": "see to the enrichment queue",
    "export": "write the library's contacts to a CSV file",
    "library": "ask about the library, back it up, repair it",
    "suppress": "keep the list of who must not be enriched or exported",
    "keys": "keep the services' keys in the system keyring",
    "demo-server": "serve the demo services over HTTP on loopback",
    "diagnostics": "collect what helps to find a fault, without keys or people",
}
