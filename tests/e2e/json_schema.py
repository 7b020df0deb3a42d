# SPDX-License-Identifier: Apache-2.0
"""JSON values against schemas, as far as our schemas go: docs/openapi.json and share/schemas.

Only the keywords of JSON Schema that these use are known; any other one is an error, because nobody would notice
that it is not checked.
"""

import base64
import binascii
import json
import re

TYPES = {"string": str, "boolean": bool, "null": type(None), "array": list, "object": dict}
ANNOTATIONS = {"$schema", "$defs", "title", "description", "example"}


class Wrong(Exception):
    """The document, or what is held against it, is not as it should be; the text says where."""


def need(holds, where, about):
    if not holds:
        raise Wrong("%s: %s" % (where, about))


# ---- values against schemas ----

def is_of_type(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def strict_json(text, where):
    def no_duplicates(pairs):
        need(len({name for name, _ in pairs}) == len(pairs), where, "a member twice")
        return dict(pairs)

    try:
        return json.loads(text, object_pairs_hook=no_duplicates)
    except ValueError as error:
        raise Wrong("%s: no JSON: %s: %.200r" % (where, error, text)) from None


class Schemas:
    """The schemas inside of one JSON document."""

    def __init__(self, content):
        self.content = content
        self.keywords = {name[6:]: getattr(self, name) for name in dir(self) if name.startswith("check_")}
        self.keywords |= {"$ref": self.follow, "const": self.one_value, "enum": self.one_of, "type": self.types}

    # One function for each keyword: what the keyword says, the value, where it is, the whole schema.

    def follow(self, target, value, where, _):
        self.check(self.resolve(target), value, where)

    def types(self, names, value, where, _):
        names = [names] if isinstance(names, str) else names
        need(any(is_of_type(value, name) for name in names), where, "%.100r is no %s" % (value, " or ".join(names)))

    def one_value(self, wanted, value, where, _):
        need(type(value) is type(wanted) and value == wanted, where, "%.100r instead of %r" % (value, wanted))

    def one_of(self, wanted, value, where, _):
        need(value in wanted, where, "%.100r is none of %r" % (value, wanted))

    def check_properties(self, properties, value, where, _):
        if isinstance(value, dict):
            for name, schema in properties.items():
                if name in value:
                    self.check(schema, value[name], where + "." + name)

    def check_required(self, names, value, where, _):
        if isinstance(value, dict):
            need(set(names) <= set(value), where, "without %s" % sorted(set(names) - set(value)))

    def check_additionalProperties(self, schema, value, where, whole):
        if isinstance(value, dict):
            for name in set(value) - set(whole.get("properties", {})):
                need(schema is not False, where, "undocumented member %r" % name)
                self.check(schema, value[name], where + "." + name)

    def check_items(self, schema, value, where, _):
        if isinstance(value, list):
            for number, item in enumerate(value):
                self.check(schema, item, "%s[%d]" % (where, number))

    def check_minItems(self, least, value, where, _):
        need(not isinstance(value, list) or len(value) >= least, where, "too few items")

    def check_minLength(self, least, value, where, _):
        need(not isinstance(value, str) or len(value) >= least, where, "too short: %r" % value)

    def check_pattern(self, pattern, value, where, _):
        need(not isinstance(value, str) or re.search(pattern, value), where, "%.200r does not match %s" % (value, pattern))

    def check_minimum(self, least, value, where, _):
        need(not is_of_type(value, "integer") or value >= least, where, "%r is below %d" % (value, least))

    def check_maximum(self, most, value, where, _):
        need(not is_of_type(value, "integer") or value <= most, where, "%r is above %d" % (value, most))

    def check_anyOf(self, schemas, value, where, _):
        objections = []
        for schema in schemas:
            try:
                return self.check(schema, value, where)
            except Wrong as error:
                objections.append(str(error))
        raise Wrong("%s: none of the alternatives: %s" % (where, "; ".join(objections)))

    def check_contentEncoding(self, name, value, where, _):
        need(name == "base64", where, "encoding " + name)
        try:
            if isinstance(value, str):
                base64.b64decode(value.replace("\r", "").replace("\n", ""), validate=True)
        except binascii.Error as error:
            raise Wrong("%s: %s" % (where, error)) from None

    def check_contentMediaType(self, name, value, where, _):
        need(name == "application/json", where, "media type " + name)
        if isinstance(value, str):
            strict_json(value, where)

    def check_contentSchema(self, schema, value, where, _):
        if isinstance(value, str):
            self.check(schema, strict_json(value, where), where + " as JSON")

    def check(self, schema, value, where="value"):
        for keyword, says in schema.items():
            if keyword in ANNOTATIONS:
                continue
            need(keyword in self.keywords, where, "unknown keyword %r" % keyword)
            self.keywords[keyword](says, value, where, schema)

    def check_schema_itself(self, schema, where):
        need(isinstance(schema, dict), where, "is no schema")
        for keyword, says in schema.items():
            need(keyword in self.keywords or keyword in ANNOTATIONS, where, "unknown keyword %r" % keyword)
            if keyword == "$ref":
                self.resolve(says)
            elif keyword == "type":
                for name in [says] if isinstance(says, str) else says:
                    need(name in TYPES or name == "integer", where, "unknown type %r" % name)
            elif keyword == "pattern":
                re.compile(says)
            elif keyword == "required":
                need(set(says) <= self.described_by(schema), where, "requires what it does not describe")
        for inner, about in self.inner_schemas(schema, where):
            self.check_schema_itself(inner, about)

    def described_by(self, schema):
        elsewhere = self.described_by(self.resolve(schema["$ref"])) if "$ref" in schema else set()
        return elsewhere | set(schema.get("properties", {}))

    def inner_schemas(self, schema, where):
        for name, inner in schema.get("properties", {}).items():
            yield inner, where + "." + name
        for keyword in ("items", "contentSchema", "additionalProperties"):
            if keyword in schema and schema[keyword] is not False:
                yield schema[keyword], where + "/" + keyword
        for number, inner in enumerate(schema.get("anyOf", [])):
            yield inner, "%s/anyOf[%d]" % (where, number)

    def resolve(self, target):
        need(target.startswith("#/"), target, "is no reference into the document")
        at = self.content
        for step in target[2:].split("/"):
            need(isinstance(at, dict) and step in at, target, "leads nowhere")
            at = at[step]
        return at
