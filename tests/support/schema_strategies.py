"""Hypothesis strategies for answers: values that an OpenAPI schema allows, and mutations that break it.

Covers what the four contracts use of JSON Schema: types, enumerations, formats, bounds, references, unions.
"""

import random
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from app.domain.provider import Provider
from tests.support.openapi import resolved

Json = Any

#: Text as hostile as JSON can carry: controls, half emoji, right-to-left marks, formulas, markup.
TEXT = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["", " ", "\x00", "\ud83d", "\u202eabc", "=HYPERLINK(1)", "<b>x</b>", "𝒜" * 3, "a\r\nb", "../../x", "NaN"]
    ),
)
SCALARS: st.SearchStrategy[Json] = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False, allow_infinity=False), TEXT
)
ANYTHING: st.SearchStrategy[Json] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=8
)
_FORMATS: dict[str, st.SearchStrategy[str]] = {
    "uuid": st.uuids().map(str),
    "date-time": st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    "date": st.dates().map(str),
    "email": st.emails(),
    "uri": st.sampled_from(["https://www.linkedin.com/in/ada", "https://example.com/", "http://[::1", "javascript:1"]),
}


def allowed(provider: Provider, schema: Json, depth: int = 0) -> st.SearchStrategy[Json]:
    """Values that a schema allows. Objects also get members that it does not name."""
    schema = resolved(provider, schema)
    if schema is True or not schema:
        return ANYTHING
    for union in ("oneOf", "anyOf"):
        if union in schema:
            return st.one_of([allowed(provider, choice, depth) for choice in schema[union]])
    if "allOf" in schema:
        return _all_of(provider, schema, depth)
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kinds = schema.get("type", "object" if "properties" in schema else None)
    if kinds is None:
        return ANYTHING
    return st.one_of(
        [_of_type(provider, kind, schema, depth) for kind in ([kinds] if isinstance(kinds, str) else kinds)]
    )


def _all_of(provider: Provider, schema: Json, depth: int) -> st.SearchStrategy[Json]:
    merged: dict[str, Any] = {"type": "object", "properties": {}, "required": []}
    for part in [*schema["allOf"], {key: value for key, value in schema.items() if key != "allOf"}]:
        whole = resolved(provider, part)
        merged["properties"] |= whole.get("properties", {})
        merged["required"] = [*merged["required"], *whole.get("required", [])]
    return allowed(provider, merged, depth)


def _of_type(provider: Provider, kind: str, schema: Json, depth: int) -> st.SearchStrategy[Json]:
    match kind:
        case "object":
            return _object(provider, schema, depth)
        case "array":
            few = 1 if depth > 2 else 3
            entries = allowed(provider, schema.get("items", {}), depth + 1)
            return st.lists(entries, min_size=min(schema.get("minItems", 0), few), max_size=few)
        case "string":
            return _FORMATS.get(schema.get("format", ""), TEXT)
        case "integer":
            return st.integers(schema.get("minimum", -(2**60)), schema.get("maximum", 2**60))
        case "number":
            return st.floats(schema.get("minimum", -1e12), schema.get("maximum", 1e12), allow_nan=False)
        case "boolean":
            return st.booleans()
        case _:
            return st.none()


def _object(provider: Provider, schema: Json, depth: int) -> st.SearchStrategy[Json]:
    members = {name: allowed(provider, part, depth + 1) for name, part in schema.get("properties", {}).items()}
    must = {name: members.get(name, ANYTHING) for name in schema.get("required", [])}
    may = {name: member for name, member in members.items() if name not in must}
    known = st.fixed_dictionaries(must, optional=may)
    if schema.get("additionalProperties") is False:
        return known
    return st.tuples(st.dictionaries(TEXT, SCALARS, max_size=1), known).map(lambda both: {**both[0], **both[1]})


# --- breaking --------------------------------------------------------------------------------------------------------


@st.composite
def broken(draw: st.DrawFn, values: st.SearchStrategy[Json]) -> Json:
    """A value with up to four of its parts replaced, left out or added to."""
    value = draw(values)
    for _ in range(draw(st.integers(1, 4))):
        value = _mutated(value, draw(st.randoms(use_true_random=False)), lambda: draw(ANYTHING))
    return value


def _mutated(value: Json, rng: random.Random, new: Callable[[], Json]) -> Json:
    """A copy in which one part, at any depth, is another."""
    if isinstance(value, dict) and value and rng.random() < 0.8:
        name = rng.choice(list(value))
        if rng.random() < 0.2:
            return {other: part for other, part in value.items() if other != name}
        return {**value, name: _mutated(value[name], rng, new)}
    if isinstance(value, list) and value and rng.random() < 0.8:
        index = rng.randrange(len(value))
        if rng.random() < 0.2:
            return [*value[:index], new(), *value[index:]]
        return [*value[:index], _mutated(value[index], rng, new), *value[index + 1 :]]
    return new()


@st.composite
def garbled(draw: st.DrawFn, bodies: st.SearchStrategy[bytes]) -> bytes:
    """A body with bytes cut off, changed or put in."""
    body = draw(bodies)
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(body)))
        end = draw(st.integers(start, min(len(body), start + 5)))
        body = body[:start] + draw(st.binary(max_size=4)) + body[end:]
    return body[: draw(st.integers(0, len(body)))] if draw(st.booleans()) else body
