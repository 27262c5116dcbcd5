"""The services' OpenAPI files: operations, the examples of their answers, and schemas with references resolved."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from app.domain.provider import Provider

FOLDER = Path(__file__).parent.parent / "contract" / "openapi"
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Example:
    """One example of an answer. `name` is "" where the file has none and the body is empty."""

    operation: str
    status: int
    content_type: str
    name: str
    value: Any

    @property
    def body(self) -> bytes:
        return b"" if self.status == 204 else msgspec.json.encode(self.value)

    def __str__(self) -> str:
        return f"{self.operation} {self.status} {self.name}".strip()


def path_of(provider: Provider) -> Path:
    """The file of a provider's contract."""
    return FOLDER / f"{provider.value}.openapi.yaml"


@cache
def document(provider: Provider) -> dict[str, Any]:
    """A provider's contract; whoever reads it leaves it as it is."""
    return msgspec.yaml.decode(path_of(provider).read_bytes(), type=dict[str, Any])


@cache
def operations(provider: Provider) -> dict[str, dict[str, Any]]:
    """Operations by method and path, such as `GET /v1/accounts`."""
    return {
        f"{method.upper()} {path}": item[method]
        for path, item in document(provider)["paths"].items()
        for method in METHODS
        if method in item
    }


def resolved(provider: Provider, part: Any) -> Any:
    """What a reference stands for; anything else as it is."""
    while isinstance(part, dict) and "$ref" in part:
        target: Any = document(provider)
        for name in part["$ref"].removeprefix("#/").split("/"):
            target = target[name.replace("~1", "/")]
        part = target
    return part


def examples(provider: Provider, operation: str) -> Iterator[Example]:
    """Every example answer of an operation, of every status."""
    for code, response in operations(provider)[operation]["responses"].items():
        status = 500 if code == "default" else int(code)
        content = resolved(provider, response).get("content") or {}
        if not content and 200 <= status < 300:
            yield Example(operation, status, "", "", None)
        for content_type, media in content.items():
            for name, example in (media.get("examples") or {}).items():
                yield Example(operation, status, content_type, name, resolved(provider, example)["value"])


def answer_schema(provider: Provider, operation: str) -> dict[str, Any]:
    """The schema of an operation's success, {} where it has no body."""
    for code, response in operations(provider)[operation]["responses"].items():
        if code.startswith("2"):
            for media in (resolved(provider, response).get("content") or {}).values():
                return resolved(provider, media["schema"])  # type: ignore[no-any-return]  # JSON has no types
    return {}
