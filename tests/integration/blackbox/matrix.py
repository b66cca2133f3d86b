#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A failing stage of every kind, in every way it can fail, with every on_error, on_failure, rollback and ensure, with
migrations that can be undone, that cannot, and with none: matrix.py TIDEGATE

What has to come of each is worked out here from the tables in docs/pipeline.md and docs/plugins/kinds.md, not from the
host. A sample, unless TIDEGATE_CHECK=full and the server is the ordinary one; TIDEGATE_SEED takes the same sample again."""
import concurrent.futures
import dataclasses
import itertools
import os
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import Failure, Project, Server  # noqa: E402

SAMPLE = 40


@dataclasses.dataclass(frozen=True)
class Case:
    kind: str  # of the stage that fails; "none"
    how: str  # call: it cannot be started; no: it says no; timeout: it does not end
    on_error: str  # "", fail, warn
    on_failure: str  # undo, keep
    pending: str  # nothing, undoable, irreversible (one of the two has no down.sql)
    database: bool  # rollback.database is in the pipeline
    program: str  # a rollback program: "", plain, ensure

    def __str__(self):
        return " ".join(f"{field.name}={getattr(self, field.name) or '-'}" for field in dataclasses.fields(self))


@dataclasses.dataclass
class End:
    exit: int
    outcome: str
    ran: list  # programs, in order
    tables: list  # what is there afterwards
    undone: list
    kept: list


def all_cases():
    failures = [("none", "call", "")]
    failures += itertools.product(("detect", "precheck", "verify"), ("call", "no", "timeout"), ("", "fail", "warn"))
    failures += [("apply", how, "") for how in ("no", "timeout")]
    failures += [(kind, how, "") for kind in ("rollback", "notify") for how in ("call", "no", "timeout")]
    changes = [("undo", "nothing")] + list(itertools.product(("undo", "keep"), ("undoable", "irreversible")))
    for (kind, how, on_error), (on_failure, pending), database, program in itertools.product(failures, changes, (False, True), ("", "plain", "ensure")):
        if kind == "apply" and pending == "nothing":
            continue  # it is not called
        if kind == "rollback" and not program:
            continue
        yield Case(kind, how, on_error, on_failure, pending, database, program)


def expected(case):
    """By the documentation."""
    names = [] if case.pending == "nothing" else ["1_a", "2_b"]
    started = lambda name: [] if case.kind == name and case.how == "call" else [name]  # noqa: E731
    softened = case.on_error == "warn" and (case.how != "no" or case.kind == "detect")  # an exit code of detect is a failed call
    if case.kind == "detect" and not softened:
        return End(3, "blocked", started("detect"), [], [], [])
    ran = started("detect") + started("precheck")
    if case.kind == "precheck" and not softened:
        return End(3, "blocked", ran, [], [], [])
    completed = names[:1] if case.kind == "apply" else names
    if case.kind != "apply":
        ran += started("verify")
    # A rollback that fails needs something to roll back.
    failed = case.kind in ("apply", "rollback") or (case.kind == "verify" and not softened)
    tables = [name[-1] for name in completed]
    program = started("rollback") if case.program else []
    if not failed:
        return End(0, "succeeded", ran + (program if case.program == "ensure" and names else []), tables, [], [])
    if not names:
        return End(4, "failed", ran, [], [], [])
    undo = case.on_failure == "undo" and case.database and case.pending == "undoable"
    trouble = case.kind == "rollback"
    left = [] if undo else completed
    if trouble:
        outcome = (5, "rollback_failed")
    elif undo:
        outcome = (4, "rolled_back")
    else:
        outcome = (5, "kept")
    return End(*outcome, ran + program, [] if undo else tables, completed[::-1] if undo else [], left)


def stage(table, kind, case, extra=""):
    how = case.how if case.kind == kind else "yes"
    if kind == "verify" and case.kind == "rollback":
        how = "no"  # something has to be rolled back
    argv = {"yes": ["./note", kind, "true"], "call": ["./is-not-there"], "no": ["./note", kind, "false"], "timeout": ["./note", kind, "sleep", "600"]}
    lines = [f"[[{table}]]", f'id = "{kind}"', 'use = "command"', f'kind = "{kind}"', extra]
    if how == "timeout" and kind != "notify":
        lines.append('timeout = "500ms"')
    if case.kind == kind and case.on_error:
        lines.append(f'on_error = "{case.on_error}"')
    lines.append(f"with = {{ argv = {argv[how]} }}")
    return "\n".join(line for line in lines if line) + "\n"


def set_up(project, case):
    project.write("note", '#!/bin/sh\n[ "$1" = notify ] || echo "$1" >> ran\nshift\nexec "$@"\n')
    apply_fails = {"no": "SELECT 1/0;", "timeout": "SELECT pg_sleep(600);"}[case.how] if case.kind == "apply" else ""
    if case.pending == "nothing":
        (project.folder / "prisma/migrations").mkdir(parents=True)
    else:
        project.migration("1_a", "CREATE TABLE a (id int);\n")
        project.migration("2_b", f"CREATE TABLE b (id int);\n{apply_fails}\n")
        project.write("prisma/migrations/1_a/down.sql", "DROP TABLE a;\n")
        if case.pending == "undoable":
            project.write("prisma/migrations/2_b/down.sql", "DROP TABLE b;\n")
    text = f'version = 1\n[run]\njournal = "none"\non_failure = "{case.on_failure}"\n'
    text += stage("stage", "detect", case) + stage("stage", "precheck", case)
    text += '[[stage]]\nuse = "apply.prisma"\n' + ('timeout = "3s"\n' if case.kind == "apply" and case.how == "timeout" else "")
    text += stage("stage", "verify", case)
    if case.database:
        text += '[[rollback]]\nuse = "rollback.database"\n'
    if case.program:
        text += stage("rollback", "rollback", case, "ensure = true" if case.program == "ensure" else "")
    text += stage("notify", "notify", case, 'on = ["succeeded", "blocked", "failed", "rolled_back", "kept", "rollback_failed"]'
                  if case.how != "timeout" or case.kind != "notify" else 'on = ["succeeded", "kept"]')
    project.write("tidegate.toml", text)


def play(case, tidegate, server):
    """What is not as the documentation says, as lines."""
    wanted = expected(case)
    project = Project(tidegate, server)
    try:
        set_up(project, case)
        code, events, error = project.events([])
        last = events[-1] if events else {}
        ran = project.folder / "ran"
        seen = End(code, last.get("outcome", ""), ran.read_text(encoding="utf-8").split() if ran.exists() else [],
                   project.sql("select relname from pg_class where relname in ('a', 'b') order by 1").split(), last.get("undone", []), last.get("kept", []))
        wrong = [f"  {field.name}: wanted {getattr(wanted, field.name)}, is {getattr(seen, field.name)}"
                 for field in dataclasses.fields(End) if getattr(wanted, field.name) != getattr(seen, field.name)]
        told = [event["type"] for event in events if event["type"].startswith("notification.") and event["event"] == wanted.outcome]
        told_wanted = [] if case.kind == "notify" and case.how == "timeout" and wanted.outcome not in ("succeeded", "kept") else \
            ["notification.failed" if case.kind == "notify" else "notification.sent"]
        if told != told_wanted:
            wrong.append(f"  notifications: wanted {told_wanted}, are {told}")
        if last.get("exit") != code:
            wrong.append(f"  the last event says exit {last.get('exit')}, and it was {code}")
        if wrong:
            wrong += ["  " + str(event) for event in events[-3:]] + [error] * bool(error)
        return [str(case), *wrong] if wrong else []
    except Failure as failure:
        return [str(case), f"  {failure}"]
    finally:
        project.close()


def main():
    tidegate = sys.argv[1]
    cases = list(all_cases())
    total = len(cases)
    if os.environ.get("TIDEGATE_CHECK") != "full" or "TIDEGATE_PG_BIN" in os.environ:
        seed = int(os.environ.get("TIDEGATE_SEED") or random.SystemRandom().randrange(1_000_000))
        print(f"TIDEGATE_SEED={seed}")
        cases = random.Random(seed).sample(cases, SAMPLE)
    server = Server(tidegate)
    try:
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            wrong = [lines for lines in pool.map(lambda case: play(case, tidegate, server), cases) if lines]
    finally:
        server.close()
    for lines in wrong:
        print("\n".join(lines))
    print(f"{len(cases) - len(wrong)} of {len(cases)} cases as documented ({total} there are)")
    sys.exit(1 if wrong else 0)


main()
