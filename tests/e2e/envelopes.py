# SPDX-License-Identifier: Apache-2.0
"""What `taw --format json` prints, against share/schemas. Schemas allow members that they do not know, because members are
added; here each one that is printed has to be described."""

import pathlib

from json_schema import Schemas, Wrong, need, strict_json

DIRECTORY = pathlib.Path(__file__).resolve().parents[2] / "share/schemas"
BEGIN = '{"apiVersion":'


def absolute(schema, file):
    """References into the own file get its name."""
    if isinstance(schema, list):
        return [absolute(item, file) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {name: file + item if name == "$ref" and item.startswith("#") else absolute(item, file) for name, item in schema.items()}


class Envelopes(Schemas):
    """The schemas of all kinds, by their file names."""

    def __init__(self, directory=DIRECTORY):
        super().__init__({path.name: absolute(strict_json(path.read_text(), path.name), path.name)
                          for path in sorted(pathlib.Path(directory).glob("*.json"))})
        self.described = {}

    def kinds(self):
        return {name.removesuffix(".json") for name in self.content} - {"Envelope"}

    def resolve(self, target):
        file, _, pointer = target.partition("#")
        need(file in self.content, target, "there is no such file")
        at = self.content[file]
        for step in filter(None, pointer.split("/")):
            need(isinstance(at, dict) and step in at, target, "leads nowhere")
            at = at[step]
        return at

    def check(self, schema, value, where="value"):
        super().check(schema, value, where)
        if isinstance(value, dict):
            _, names = self.described.setdefault(where, (value, set()))
            names.update(value if "additionalProperties" in schema else schema.get("properties", {}))

    def check_line(self, line):
        """Raises Wrong unless this is an envelope as its schema says."""
        envelope = strict_json(line, "envelope")
        kind = envelope.get("kind")
        need(kind in self.kinds(), "kind %r" % kind, "has no schema in share/schemas")
        self.described = {}
        self.check(self.content[kind + ".json"], envelope, kind)
        for where, (value, names) in self.described.items():
            need(set(value) <= names, where, "members without a schema: %s" % sorted(set(value) - names))
        return envelope

    def check_schemas(self):
        for file, schema in self.content.items():
            self.check_schema_itself(schema, file)
            for name, inner in schema.get("$defs", {}).items():
                self.check_schema_itself(inner, "%s#/$defs/%s" % (file, name))


ALL = Envelopes()


def check_text(text):
    """Checks every envelope among these lines; a line that was cut off by the end of the text is none."""
    for line in text.split("\n")[:-1]:
        if line.startswith(BEGIN):
            ALL.check_line(line)
    return text
