"""The OpenAPI description, flattened for the page that shows it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a field of a request or response body."""

    name: str
    place: str
    """query, header, path or body."""
    type: str
    is_required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the API."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    parameters: list[Field]
    answers: list[tuple[int, list[Field]]]
    """Success status → its fields."""


def describe(schema: Schema) -> list[Operation]:
    """Return the operations in the order of the description."""
    return [
        Operation(
            anchor=operation["operationId"],
            method=method.upper(),
            path=path,
            summary=operation["summary"],
            description=operation.get("description", ""),
            parameters=list(_parameters(operation, schema)),
            answers=list(_answers(operation, schema)),
        )
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
    ]


def _parameters(operation: Schema, schema: Schema) -> Iterator[Field]:
    for parameter in operation["parameters"]:
        yield Field(
            parameter["name"],
            parameter["in"],
            _type_of(parameter["schema"]),
            parameter["required"],
            parameter.get("description", ""),
        )
    body = operation.get("requestBody", {})
    content = body.get("content", {}).get("application/json")
    if content:
        yield from _fields(content["schema"], schema)
    elif body:
        yield Field("", "body", ", ".join(body["content"]), True, body.get("description", ""))


def _answers(operation: Schema, schema: Schema) -> Iterator[tuple[int, list[Field]]]:
    for status, answer in operation["responses"].items():
        if int(status) < 300:
            content = answer.get("content", {}).get("application/json")
            yield int(status), list(_fields(content["schema"], schema)) if content else []


def _fields(part: Schema, schema: Schema) -> Iterator[Field]:
    resolved = _resolve(part, schema)
    required = resolved.get("required", [])
    for name, field in resolved.get("properties", {}).items():
        yield Field(name, "body", _type_of(field), name in required, field.get("description", ""))


def _resolve(part: Schema, schema: Schema) -> Schema:
    reference = part.get("$ref")
    if not reference:
        return part
    found: Schema = schema["components"]["schemas"][reference.rpartition("/")[2]]
    return found


def _type_of(part: Schema) -> str:
    """Describe the allowed values in a few words."""
    if "anyOf" in part:
        return " or ".join(_type_of(one) for one in part["anyOf"])
    if "$ref" in part:
        return str(part["$ref"].rpartition("/")[2])
    if "enum" in part:
        return " | ".join(str(value) for value in part["enum"])
    if part.get("type") == "array":
        return f"list of {_type_of(part['items'])}"
    if isinstance(part.get("additionalProperties"), dict):
        return f"object of {_type_of(part['additionalProperties'])}"
    return str(part.get("format") or part.get("type", ""))
