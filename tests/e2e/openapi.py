# SPDX-License-Identifier: Apache-2.0
"""docs/openapi.json as tests use it: a check of its structure, and of answers against it.

Only the keywords of JSON Schema that the document uses are known; any other one is an error, because nobody would notice
that it is not checked.
"""

import base64
import binascii
import json
import pathlib
import re

PATH = pathlib.Path(__file__).resolve().parents[2] / "docs/openapi.json"
ROUTES = pathlib.Path(__file__).resolve().parents[2] / "src/api/api.c"
FUZZ_ROUTES = pathlib.Path(__file__).resolve().parents[2] / "tests/fuzz/fuzz_routes.c"
METHODS = ("get", "post")
TYPES = {"string": str, "boolean": bool, "null": type(None), "array": list, "object": dict}
ANNOTATIONS = {"description", "example"}


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


class Document:
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

    # ---- the document ----

    def resolve(self, target):
        need(target.startswith("#/"), target, "is no reference into the document")
        at = self.content
        for step in target[2:].split("/"):
            need(isinstance(at, dict) and step in at, target, "leads nowhere")
            at = at[step]
        return at

    def follow_all(self, item):
        """A response that may be a reference; its own description comes first."""
        return {**self.resolve(item["$ref"]), **{k: v for k, v in item.items() if k != "$ref"}} if "$ref" in item else item

    def operations(self):
        return {(method.upper(), path): item[method] for path, item in self.content["paths"].items()
                for method in METHODS if method in item}

    def responses(self, method, path):
        return {int(status): self.follow_all(item) for status, item in self.operations()[method, path]["responses"].items()}

    def check_answer(self, method, path, reply):
        """Raises Wrong unless status, media type and body of the reply are documented."""
        where = "%s %s: %d" % (method, path, reply.status)
        responses = self.responses(method, path)
        need(reply.status in responses, where, "this status is not documented: %.300r" % reply.body)
        self.check_body(responses[reply.status], reply, where)

    def check_body(self, response, reply, where):
        content = response.get("content")
        if content is None:
            return need(reply.body == b"", where, "a body: %.200r" % reply.body)
        media = reply.headers.get("content-type")
        need(media in content, where, "media type %r is not documented: %.300r" % (media, reply.body))
        need(reply.body.endswith(b"\n") and not reply.body.endswith(b"\n\n"), where, "the body does not end with one line feed")
        if media == "application/json":
            value = strict_json(reply.body.decode(), where)
        else:
            need(reply.headers.get("x-content-type-options") == "nosniff" or reply.status == 200, where, "may be sniffed")
            value = reply.body.decode()
        self.check(content[media]["schema"], value, where)

    def check_request(self, method, path, value):
        body = self.operations()[method, path].get("requestBody")
        need(body is not None, "%s %s" % (method, path), "takes no body")
        self.check(body["content"]["application/json"]["schema"], value, "body of %s %s" % (method, path))

    # ---- its structure ----

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
                need(set(says) <= set(schema.get("properties", {})), where, "requires what it does not describe")
        for inner, about in self.inner_schemas(schema, where):
            self.check_schema_itself(inner, about)

    def inner_schemas(self, schema, where):
        for name, inner in schema.get("properties", {}).items():
            yield inner, where + "." + name
        for keyword in ("items", "contentSchema", "additionalProperties"):
            if keyword in schema and schema[keyword] is not False:
                yield schema[keyword], where + "/" + keyword
        for number, inner in enumerate(schema.get("anyOf", [])):
            yield inner, "%s/anyOf[%d]" % (where, number)

    def check_content(self, content, where):
        for media, item in content.items():
            need(set(item) <= {"schema", "example"} and "schema" in item, where, "members %s" % sorted(item))
            self.check_schema_itself(item["schema"], where + " " + media)
            if "example" in item:
                self.check(item["schema"], item["example"], where + ": its example")

    def check_operation(self, where, path, operation):
        known = {"operationId", "tags", "summary", "description", "deprecated", "x-phases", "security", "parameters",
                 "requestBody", "responses"}
        need(set(operation) <= known, where, "unknown members %s" % sorted(set(operation) - known))
        need(operation["responses"] and "200" in operation["responses"], where, "without a success")
        for status, item in operation["responses"].items():
            need(re.fullmatch("[2-5][0-9][0-9]", status), where, "status %r" % status)
            response = self.follow_all(item)
            need(response.get("description"), where, "%s is not described" % status)
            self.check_content(response.get("content", {}), "%s: %s" % (where, status))
        for phase in "123":
            need(str(operation["x-phases"][phase]) in operation["responses"], where, "phase %s" % phase)
        for option in operation["security"]:
            need(set(option) <= set(self.content["components"]["securitySchemes"]), where, "unknown security %s" % option)
        need(set(operation["tags"]) <= {tag["name"] for tag in self.content["tags"]}, where, "unknown tag")
        for parameter in operation.get("parameters", []):
            need(parameter["in"] == "query" and "name" in parameter, where, "parameter %s" % parameter)
            self.check_schema_itself(parameter["schema"], where + "?" + parameter["name"])
        self.check_content(operation.get("requestBody", {}).get("content", {}), where + ": request")

    def check_structure(self):
        known = {"openapi", "info", "servers", "tags", "paths", "components", "x-before-routing"}
        need(set(self.content) == known, "document", "members %s" % sorted(self.content))
        need(self.content["openapi"].startswith("3.1."), "document", "version")
        need({"title", "version"} <= set(self.content["info"]), "document", "info")
        for (method, path), operation in self.operations().items():
            self.check_operation("%s %s" % (method, path), path, operation)
        for path, item in self.content["paths"].items():
            need(path.startswith("/") and set(item) <= set(METHODS), path, "members %s" % sorted(item))
        ids = [operation["operationId"] for operation in self.operations().values()]
        need(len(set(ids)) == len(ids), "document", "an operationId twice")
        for name, schema in self.content["components"]["schemas"].items():
            self.check_schema_itself(schema, name)
        for name, response in self.content["components"]["responses"].items():
            self.check_content(response["content"], name)
        self.check_no_leftovers()

    def check_no_leftovers(self):
        text = json.dumps(self.content)
        for kind in ("schemas", "responses"):
            for name in self.content["components"][kind]:
                need('"#/components/%s/%s"' % (kind, name) in text or name == "NotServed", name, "is not used")


def load():
    return Document(strict_json(PATH.read_text(), PATH.name))


def route_table():
    """(method, path) of each row of the table in src/api/api.c."""
    rows = re.findall(r'^ *\{ *"([A-Z]+)", *"(/[^"]*)", *API_V[12],', ROUTES.read_text(), re.M)
    need(len(rows) == len(set(rows)) and len(rows) > 20, ROUTES.name, "the table of routes is not as expected")
    return set(rows)


def fuzz_table():
    """(method, path) to its status codes, as the fuzz target of all routes knows them."""
    rows = re.findall(r'\{ "(GET|POST)", "(/[^"]*)",\s*"([0-9 ]+)" \}', FUZZ_ROUTES.read_text())
    return {(method, path): sorted(map(int, statuses.split())) for method, path, statuses in rows}
