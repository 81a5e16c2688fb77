"""The JSON API as TypeScript types: what OpenAPI says is what a screen may use."""

from typing import Any

import pytest

from tools.api_types import declarations, our_api, type_of

DOCUMENT = {
    "paths": {
        "/api/things/{name}": {
            "get": {
                "parameters": [
                    {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "limit", "in": "query", "schema": {"type": "integer"}},
                    {"name": "accept", "in": "header", "schema": {"type": "string"}},
                ],
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
                    "400": {"description": "Problem"},
                },
            },
            "delete": {
                "parameters": [{"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {"204": {"description": "Done"}},
            },
            "put": {
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
                "responses": {"200": {"content": {"application/json": {"schema": {}}}}},
            },
        }
    },
    "components": {
        "schemas": {
            "Thing": {
                "description": "A thing,\n  as it is kept.",
                "type": "object",
                "properties": {"name": {"type": "string"}, "at-all": {"type": "boolean"}},
                "required": ["name"],
            }
        }
    },
}

TYPES = """\
// Made of the OpenAPI description by `python -m tools.frontend types`; edit the routes instead.

/** A thing, as it is kept. */
export type Thing = { name: string; "at-all"?: boolean };

export interface Paths {
  "/api/things/{name}": {
    get: { path: { name: string }; query: { limit?: number }; answer: Thing };
    put: { body: Thing; answer: unknown };
    delete: { path: { name: string }; answer: undefined };
  };
}
"""


def test_an_operation_has_what_it_takes_and_what_it_gives() -> None:
    assert declarations(DOCUMENT) == TYPES


@pytest.mark.parametrize(
    ("schema", "wanted"),
    [
        ({}, "unknown"),
        ({"type": "null"}, "null"),
        ({"type": ["string", "null"]}, "string | null"),
        ({"anyOf": [{"type": "integer"}, {"type": "number"}, {"type": "null"}]}, "number | null"),
        ({"allOf": [{"$ref": "#/components/schemas/Page_Row_"}]}, "Page_Row_"),
        ({"$ref": "#/components/schemas/View-Input"}, "View_Input"),
        ({"enum": ["new", "read"], "type": "string"}, '"new" | "read"'),
        ({"const": True}, "true"),
        ({"type": "array", "items": {"enum": [1, 2]}}, "(1 | 2)[]"),
        ({"type": "array", "items": {"type": "array", "items": {"type": "number"}}}, "number[][]"),
        ({"type": "array", "prefixItems": [{"type": "number"}, {"type": "string"}]}, "[number, string]"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "Record<string, number>"),
        ({"type": "object", "additionalProperties": True}, "Record<string, unknown>"),
        ({"type": "object", "properties": {}}, "Record<string, never>"),
        ({"oneOf": [{"$ref": "#/a/A"}, {"$ref": "#/a/B"}], "discriminator": {}}, "A | B"),
    ],
)
def test_a_schema_of_pydantic_is_a_type(schema: dict[str, Any], wanted: str) -> None:
    assert type_of(schema) == wanted


def test_our_own_api_is_described_without_a_house() -> None:
    described = our_api()
    session = described["paths"]["/api/session"]
    assert set(session) == {"get", "post", "delete"}
    text = declarations(described)
    assert '"/api/session": {' in text
    assert "    delete: { answer: undefined };" in text
