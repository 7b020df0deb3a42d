# SPDX-License-Identifier: Apache-2.0
"""share/schemas: each file is a schema, there is one for each kind that taw prints, and they refuse what is wrong. That all
output is as they say is checked wherever a test runs taw (command_line.py)."""

import copy
import json
import pathlib
import re

import envelopes
import taw
from envelopes import ALL, Envelopes
from json_schema import Wrong
from taw import contains, equal

ROOT = pathlib.Path(__file__).resolve().parents[2]


def every_file_is_a_schema_of_the_kind_that_it_is_named_after(home):
    ALL.check_schemas()
    for kind in ALL.kinds():
        schema = ALL.content[kind + ".json"]
        equal((schema["title"], schema["properties"]["kind"], schema["$ref"]), (kind, {"const": kind}, "Envelope.json"), kind)
    taw.comment("%d kinds" % len(ALL.kinds()))


def every_kind_of_the_sources_has_a_schema_and_is_documented(home):
    """Kinds are the literals with a capital that stand in calls of the functions of output.h, or of one that passes them on."""
    sources = "\n".join(path.read_text() for path in (ROOT / "src/cli").rglob("*.c"))
    printed = set(re.findall(r'\boutput_(?:result|painted|item)\([^;]*?"([A-Z][A-Za-z]+)"', sources)) - {"Help", "Text"}
    printed |= set(re.findall(r'\bshow_hash\([^;]*?"([A-Z][A-Za-z]+)"', sources))
    equal(sorted(printed), sorted(ALL.kinds() - {"Error"}), "kinds that are printed, and files in share/schemas")
    documented = set(re.findall(r"`([A-Z][A-Za-z]+)`", (ROOT / "docs/cli.md").read_text().partition("### Schemas")[2].partition("\n## ")[0]))
    equal(sorted(ALL.kinds() - documented), [], "kinds without a line in docs/cli.md")


def wrong(envelope, text, schemas=ALL):
    try:
        schemas.check_line(json.dumps(envelope))
    except Wrong as error:
        return contains(str(error), text)
    raise AssertionError("taken: %r" % envelope)


GOOD = {"apiVersion": "taw/v1", "kind": "Status", "warnings": [], "checks": ["checked: x"], "data": {
    "time": "2026-01-02T03:04:05Z", "code": 3, "state": "running", "message": "m", "root": {"sha256": "ab" * 32, "trust": "attested"},
    "pendingUpdate": {"manifestFingerprint": "00" * 32, "missingUsers": ["a"]}}}


def the_check_sees_what_is_wrong(home):
    ALL.check_line(json.dumps(GOOD))
    for path, value, text in [(("apiVersion",), "taw/v2", "apiVersion"), (("kind",), "Nothing", "has no schema"), (("warnings",), None, "array"),
                              (("data", "code"), "3", "integer or null"), (("data", "code"), 4, "above 3"), (("data", "state"), "on", "none of"),
                              (("data", "time"), "2026-01-02 03:04:05", "does not match"), (("data", "root", "sha256"), "AB" * 32, "does not match"),
                              (("data", "more"), 1, "members without a schema: ['more']"), (("data", "root", "more"), 1, "Status.data.root: members"),
                              (("data", "pendingUpdate", "more"), 1, "['more']"), (("more",), 1, "['more']")]:
        envelope = copy.deepcopy(GOOD)
        at = envelope
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value
        wrong(envelope, text)
    wrong({name: value for name, value in GOOD.items() if name != "data"}, "without ['data']")
    wrong({**GOOD, "data": {**GOOD["data"], "pendingUpdate": {}}}, "none of the alternatives")
    try:
        envelopes.check_text('no\n{"apiVersion":"taw/v1"}\n')
    except Wrong:
        return
    raise AssertionError("an envelope among other lines is not seen")


def a_schema_that_says_nothing_of_a_member_is_found(home):
    (home / "Envelope.json").write_text((envelopes.DIRECTORY / "Envelope.json").read_text())
    schema = json.loads((envelopes.DIRECTORY / "Status.json").read_text())
    del schema["properties"]["data"]["properties"]["message"]
    (home / "Status.json").write_text(json.dumps(schema))
    wrong(GOOD, "members without a schema: ['message']", Envelopes(home))
    schema["properties"]["data"]["properties"]["message"] = {"maxLength": 3}
    (home / "Status.json").write_text(json.dumps(schema))
    wrong(GOOD, "unknown keyword 'maxLength'", Envelopes(home))


taw.run(globals())
