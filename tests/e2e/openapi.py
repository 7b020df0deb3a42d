# SPDX-License-Identifier: Apache-2.0
"""docs/openapi.json as tests use it: a check of its structure, and of answers against it."""

import json
import pathlib
import re

from json_schema import Schemas, Wrong, need, strict_json

PATH = pathlib.Path(__file__).resolve().parents[2] / "docs/openapi.json"
ROUTES = pathlib.Path(__file__).resolve().parents[2] / "src/api/api.c"
FUZZ_ROUTES = pathlib.Path(__file__).resolve().parents[2] / "tests/fuzz/fuzz_routes.c"
METHODS = ("get", "post")


class Document(Schemas):
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
