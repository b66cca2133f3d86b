#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the tables of docs/platforms to what the host says: platforms.py TIDEGATE DOCS

Each row of a table that begins with `| variables | command |` is a dry run with these variables."""
import pathlib
import re
import shlex
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import Failure, Project, Server  # noqa: E402


def rows(page):
    wanted = False
    for line in page.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if cells[:2] == ["variables", "command"]:
            wanted = True
        elif not line.startswith("|"):
            wanted = False
        elif wanted and not set(cells[0]) <= {"-"}:
            yield cells[0].strip("`"), cells[1].strip("`"), dict(zip(("platform", "runner", "name"), cells[2:]))


def check(project, variables, command, wanted):
    program, run, *arguments = shlex.split(command)
    if (program, run) != ("tidegate", "run"):
        raise Failure("the command is not `tidegate run …`")
    project.environment = dict(pair.split("=", 1) for pair in shlex.split(variables))
    code, events, error = project.events([*arguments, "--dry-run"])
    found = next((event for event in events if event["type"] == "environment"), {})
    found = {key: found.get(key) for key in wanted}
    if code != 0 or found != wanted:
        raise Failure(f"exit {code}, {found}, and the page says {wanted}\n{error}")


def main():
    tidegate, docs = sys.argv[1], pathlib.Path(sys.argv[2])
    server = Server(tidegate)
    project = Project(tidegate, server)
    count, failures = 0, 0
    try:
        project.migration("1_a", "CREATE TABLE a (id int);\n")
        for page in sorted(docs.glob("*.md")):
            found = list(rows(page))
            if page.name != "README.md" and not found:
                failures += 1
                print(f"{page.name}: no table of variables")
            for row in found:
                count += 1
                try:
                    check(project, *row)
                except Failure as failure:
                    failures += 1
                    print(f"{page.name}: {row[0]}: {row[1]}: {failure}")
    finally:
        project.close()
        server.close()
    print(f"{count} rows, {failures} not as written")
    sys.exit(1 if failures or not count else 0)


main()
