#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the JSON Schema that `tidegate schema` prints to what `tidegate validate` says:
schema_test.py TIDEGATE. Every bundled pipeline is valid by both, and for the files below both agree.
Ends with 77 where Python has no jsonschema."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import tomllib
    from jsonschema import Draft202012Validator
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

STAGE = 'version = 1\n[[stage]]\nuse = "apply.prisma"\n'
HOOK = '[[notify]]\nuse = "notify.webhook"\nwith = { url = "${HOOK}" }\n'
GOOD = [
    STAGE,
    STAGE + 'timeout = "1m30s"\ndeadline = "10m"\nretry = { attempts = 3, delay = "5s", backoff = 2, jitter = 0.2, on = ["locked"] }\n',
    STAGE + 'with = { migrations = "db/migrations", lock_timeout = "${WAIT}" }\n[stage.in.preview.with]\nlock_timeout = "1s"\n',
    STAGE + '[with]\nmigrations = "x"\n[run]\ndeadline = "20m"\nlock_wait = "0"\non_failure = "keep"\njournal = "none"\n',
    'version = 1\nextends = "default"\n[[stage]]\nid = "health"\nremove = true\n',
    'version = 1\nextends = "default"\n[[stage]]\nid = "apply.prisma"\ntimeout = "1m"\n',
    'version = 1\n[[stage]]\nuse = "environment"\n[[stage]]\nuse = "health"\nwhen = { "environment.name" = ["production", "preview"] }\n'
    'with = { assert = [{ sql = "select true" }] }\n',
    STAGE + HOOK + 'on = ["failed", "kept"]\n',
    STAGE + '[connection.main]\nurl = "postgresql:///x"\n[plugins]\ndirs = []\n',
    STAGE + '[plugins.allow]\n"org.tidegate.apply" = ["db"]\n',
]
BAD = [
    '[[stage]]\nuse = "apply.prisma"\n',
    "version = 2\n" + STAGE.split("\n", 1)[1],
    "version = 1\n",
    STAGE + "timeuot = \"1m\"\n",
    STAGE + "timeout = \"soon\"\n",
    STAGE + "timeout = 5\n",
    STAGE + "retry = { attempts = 0 }\n",
    STAGE + "retry = { attempts = 2, jitter = 1.5 }\n",
    STAGE + "retry = { on = [\"cancelled\"] }\n",
    STAGE + "ensure = true\n",
    STAGE + "kind = \"rollback\"\n",
    STAGE + "with = { migratons = \"x\" }\n",
    STAGE + "with = { lock_timeout = \"soon\" }\n",
    STAGE + "[stage.in.preview.with]\nmigratons = \"x\"\n",
    STAGE + "[with]\nmigratons = \"x\"\n",
    STAGE + "[run]\non_failure = \"panic\"\n",
    STAGE + "[connection.main]\nuri = \"x\"\n",
    STAGE + "[plugins.allow]\n\"org.tidegate.apply\" = [\"htp\"]\n",
    STAGE + "[plugins.isolation]\n\"x\" = \"thread\"\n",
    STAGE + '[[notify]]\nuse = "notify.webhook"\nwith = { url = "https://example.org/secret" }\n',
    STAGE + HOOK + 'on = ["failled"]\n',
    STAGE + HOOK + "when = { a = 1 }\n",
    STAGE + '[[notify]]\nuse = "health"\n',
    'version = 1\n[[stage]]\nuse = "helth"\n',
    'version = 1\n[[stage]]\nid = "x"\n',
    'version = 1\n[[stage]]\nuse = "health"\nwhen = { "environment.name" = [] }\n',
    'version = 1\n[[stage]]\nuse = "health"\nwith = { assert = [{ expect = "t" }] }\n',
    'version = 1\n[[stage]]\nuse = "health"\nwith = { tables = [""] }\n',
]


def main():
    tidegate = pathlib.Path(sys.argv[1]).resolve()
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "HOOK": "https://127.0.0.1:9/", "WAIT": "1s"}
    failures = 0
    with tempfile.TemporaryDirectory() as folder:

        def run(*arguments):
            return subprocess.run([tidegate, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False)

        printed = run("schema")
        if printed.returncode != 0:
            sys.exit(f"schema ended with {printed.returncode}: {printed.stderr}")
        schema = json.loads(printed.stdout)
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema)

        def compare(name, text, wanted):
            nonlocal failures
            file = pathlib.Path(folder, "tidegate.toml")
            file.write_text(text, encoding="utf-8")
            by_schema = [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(tomllib.loads(text))]
            answer = json.loads(run("validate", "tidegate.toml", "--json").stdout)
            if answer["valid"] != wanted or (not by_schema) != wanted:
                failures += 1
                print(f"--- {name}: wanted {'valid' if wanted else 'invalid'}\n{text}\nschema: {by_schema}\nvalidate: {answer['errors']}")

        bundled = sorted(tidegate.parent.parent.glob("share/tidegate/pipelines/*.toml"))
        if not bundled:
            sys.exit("no bundled pipelines found")
        for path in bundled:
            compare(path.name, path.read_text(encoding="utf-8"), True)
        for number, text in enumerate(GOOD):
            compare(f"good file {number}", text, True)
        for number, text in enumerate(BAD):
            compare(f"bad file {number}", text, False)
    print(f"{len(bundled)} bundled pipelines, {len(GOOD)} good and {len(BAD)} bad files: {failures} differences")
    sys.exit(1 if failures else 0)


main()
