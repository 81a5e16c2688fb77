"""The JSON API as TypeScript types, made of its own OpenAPI description (3.1)."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

HEAD = "// Made of the OpenAPI description by `python -m tools.frontend types`; edit the routes instead.\n"

type Schema = Mapping[str, Any]

_PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
_METHODS = ("get", "put", "post", "delete", "patch")


class _Anything:
    """Stands for the whole house while routes are described: they keep what they are given, and ask nothing of it yet."""

    def __getattr__(self, name: str) -> "_Anything":
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *_given: object, **_named: object) -> "_Anything":
        return self


def our_api() -> dict[str, Any]:
    """Give the OpenAPI description of the API, as `/api/openapi.json` gives it."""
    from radiotheque.wire.web.services import Services
    from radiotheque.wire.web.shell import create_api

    return create_api(cast(Services, _Anything())).openapi()


def declarations(document: Mapping[str, Any]) -> str:
    """Give an interface a schema, and `Paths` with what each operation takes and gives."""
    schemas: Mapping[str, Schema] = document.get("components", {}).get("schemas", {})
    named = [_declared(name, schema) for name, schema in sorted(schemas.items())]
    paths = [
        f"  {json.dumps(path)}: {{\n{_operations(item)}  }};\n" for path, item in sorted(document["paths"].items())
    ]
    return "\n".join([HEAD, *named, f"export interface Paths {{\n{''.join(paths)}}}\n"])


def _declared(name: str, schema: Schema) -> str:
    told = _comment(schema.get("description", ""))
    return f"{told}export type {_identifier(name)} = {type_of(schema)};\n"


def _operations(item: Mapping[str, Any]) -> str:
    return "".join(
        f"    {method}: {{ {'; '.join(f'{part}: {kind}' for part, kind in _parts(item[method]))} }};\n"
        for method in _METHODS
        if method in item
    )


def _parts(operation: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what an operation takes (`path`, `query`, `body`) and what it gives (`answer`), each with its type."""
    for place in ("path", "query"):
        given = [each for each in operation.get("parameters", ()) if each["in"] == place]
        if given:
            yield place, _object([(each["name"], each["schema"], each.get("required", False)) for each in given])
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body:
        yield "body", type_of(body["schema"])
    yield "answer", _answer(operation["responses"])


def _answer(responses: Mapping[str, Any]) -> str:
    status = min(status for status in responses if status.startswith("2"))
    content = responses[status].get("content")
    if not content:
        return "undefined"
    return type_of(content.get("application/json", {}).get("schema", {}))


def type_of(schema: Schema) -> str:
    """Give the TypeScript type of a JSON Schema, as far as pydantic writes it; `unknown` for what says nothing."""
    if "$ref" in schema:
        return _identifier(schema["$ref"].rpartition("/")[2])
    if "const" in schema:
        return json.dumps(schema["const"], ensure_ascii=False)
    if "enum" in schema:
        return " | ".join(json.dumps(value, ensure_ascii=False) for value in schema["enum"])
    for word, sign in (("anyOf", " | "), ("oneOf", " | "), ("allOf", " & ")):
        if word in schema:
            return sign.join(dict.fromkeys(_whole(each) for each in schema[word]))
    kind = schema.get("type")
    if isinstance(kind, list):
        return " | ".join(type_of({**schema, "type": each}) for each in kind)
    if kind == "array":
        return _array(schema)
    if kind == "object":
        return _object_of(schema)
    return _PLAIN.get(str(kind), "unknown")


def _array(schema: Schema) -> str:
    if "prefixItems" in schema:
        return f"[{', '.join(map(type_of, schema['prefixItems']))}]"
    return f"{_whole(schema.get('items', {}))}[]"


def _object_of(schema: Schema) -> str:
    if "properties" in schema:
        required = schema.get("required", ())
        return _object([(name, each, name in required) for name, each in schema["properties"].items()])
    rest = schema.get("additionalProperties")
    return f"Record<string, {type_of(rest) if isinstance(rest, Mapping) else 'unknown'}>"


def _object(members: list[tuple[str, Schema, bool]]) -> str:
    shown = [f"{_member(name)}{'' if required else '?'}: {type_of(schema)}" for name, schema, required in members]
    return f"{{ {'; '.join(shown)} }}" if shown else "Record<string, never>"


def _whole(schema: Schema) -> str:
    """Give the type so that a sign before or behind it holds for all of it."""
    text = type_of(schema)
    return f"({text})" if " | " in text or " & " in text else text


def _identifier(name: str) -> str:
    return re.sub(r"\W", "_", name)


def _member(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_$][\w$]*", name) else json.dumps(name)


def _comment(text: str) -> str:
    return f"/** {' '.join(text.split()).replace('*/', '* /')} */\n" if text else ""
