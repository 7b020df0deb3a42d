# SPDX-License-Identifier: Apache-2.0
"""`taw explain`: every key that the parser of manifests knows is explained, and no other; and paths as people type them."""

import json
import pathlib
import re

import taw
from command_line import OK, USAGE, Cli
from taw import contains, equal, true

SOURCES = pathlib.Path(__file__).resolve().parents[2] / "src/manifest"
NOT_OF_MANIFESTS = {"records_parse.c", "parse_fields.c"}
CERT = "Secrets.*.Cert"
# A table of fields in the parser, by its name or that of its function, to where its keys stand.
PLACES = {
    "document_fields": [""], "package_fields": ["Packages.*"], "parse_infrastructure": ["Infrastructures.*"],
    "parse_tdx": ["Packages.*.TDX"], "read_masked": ["Packages.*.TDX.TDAttributes", "Packages.*.TDX.XFAM"], "parse_snp": ["Packages.*.SNP"],
    "read_minimum_tcb": ["Packages.*.SNP.MinimumTCB"], "read_snp_policy": ["Packages.*.SNP.Policy"],
    "parse_marble": ["Marbles.*"], "read_parameters": ["Marbles.*.Parameters"],
    "parse_parameter": ["Marbles.*.Parameters.Files.*", "Marbles.*.Parameters.Env.*"],
    "parse_secret": ["Secrets.*"], "cert_fields": [CERT], "read_cert_subject": [CERT + ".Subject"],
    "read_extra_name": [CERT + ".Subject.ExtraNames"], "read_ignored_name": [CERT + ".Subject.Names"],
    "read_extension": [CERT + ".ExtraExtensions"], "read_ignored_extension": [CERT + ".Extensions"],
    "read_ip_range": [CERT + ".PermittedIPRanges", CERT + ".ExcludedIPRanges"], "read_uri": [CERT + ".URIs"],
    "parse_tls_tag": ["TLS.*"], "parse_tls_entry": ["TLS.*.Outgoing", "TLS.*.Incoming"],
    "parse_user": ["Users.*"], "parse_role": ["Roles.*"], "parse_config": ["Config"],
}


def keys_of_the_parser():
    """The names in each table of fields."""
    tables, function = {}, None
    for path in sorted(SOURCES.glob("parse*.c")):
        if path.name in NOT_OF_MANIFESTS:
            continue
        lines = iter(path.read_text().splitlines())
        for line in lines:
            function = found.group(1) if (found := re.match(r"(?:static )?bool (\w+)\(", line)) else function
            if not (table := re.search(r"static const struct field (\w+)\[\] = \{(.*)", line)):
                continue
            text = table.group(2)
            while "};" not in text:
                text += "\n" + next(lines)
            name = function if table.group(1) == "fields" else table.group(1)
            tables[name] = re.findall(r'"(\w+)"', text)
    return tables


def explained(cli, path=""):
    """All paths below this one."""
    for member in cli("explain", path, "--format", "json").expect(OK).json("Explanation")["members"]:
        yield member
        yield from explained(cli, member)


def every_key_of_the_parser_is_explained_and_no_other(home):
    tables = keys_of_the_parser()
    equal(sorted(tables), sorted(PLACES), "tables of fields in src/manifest, and those that this test knows")
    known = {".".join(filter(None, [place, key])) for name, keys in tables.items() for place in PLACES[name] for key in keys}
    true(len(known) > 150, "the tables are found: %d keys" % len(known))
    got = list(explained(Cli(home)))
    equal(len(got), len(set(got)), "no path twice")
    equal(sorted(known - set(got)), [], "keys that the parser knows, without an explanation")
    equal(sorted(set(got) - known), [], "explanations of what no parser knows")


def every_explanation_is_complete_and_every_example_is_json(home):
    cli = Cli(home)
    for path in explained(cli):
        data = cli("explain", path, "--format", "json").json("Explanation")
        equal(data["path"], path, "path")
        true(data["text"].endswith((".", "?")) and 1 <= len(re.findall(r"[.?](?: |$)", data["text"])) <= 4, "sentences: " + data["text"])
        if data["example"] is not None:
            equal(list(json.loads("{%s}" % data["example"])), [path.rpartition(".")[2]], "example of " + path)


def a_path_is_found_as_people_write_it(home):
    cli = Cli(home)
    wanted = cli("explain", "Packages.*.SecurityVersion").expect(OK, error="").out
    contains(wanted, "Packages.*.SecurityVersion\n\nThe least ISVSVN")
    for typed in ("Packages.SecurityVersion", "packages.securityversion", "manifest.Packages.SecurityVersion", "Packages.app.SecurityVersion"):
        equal(cli("explain", typed).expect(OK).out, wanted, typed)
    contains(cli("explain").expect(OK).out, "\nMembers:\n  Packages ")
    equal(cli("explain", "manifest").out, cli("explain").out, "the manifest itself")
    contains(cli("explain", "Marbles.web.Parameters.Files./etc/x.Data").expect(OK).out, "Marbles.*.Parameters.Files.*.Data\n")
    data = cli("explain", "Packages.AcceptedTCBStatuses", "--format", "json").json("Explanation")
    equal((data["default"], data["since"], data["members"]), ('["SWHardeningNeeded"]', "MarbleRun 1.0", []), "as data")
    contains(cli("explain", "Packages", "--format", "yaml").expect(OK).out, "kind: Explanation")


def an_unknown_path_suggests_the_nearest(home):
    cli = Cli(home)
    for typed, nearest in (("Packages.Debgu", "Packages.Debug"), ("SecurityVersion", "Packages.SecurityVersion"), ("Secret", "Secrets"),
                           ("config.updatetreshold", "Config.UpdateThreshold")):
        cli("explain", typed).expect(USAGE, "", 'Error: a manifest has no "%s": did you mean %s?\n' % (typed, nearest))
    for typed in ("nonsense", "x" * 200, ".", "Packages.*.*", "*"):
        cli("explain", typed).expect(USAGE, "", "a manifest has no")
    for typed in ("foo", "x", "Env.foo"):
        true("did you mean" not in cli("explain", typed).expect(USAGE).error, "nothing is near to %r" % typed)
    equal(cli("explain", "nonsense", "--format", "json").failure(USAGE, "usage"), 'a manifest has no "nonsense"', "as data")


taw.run(globals())
