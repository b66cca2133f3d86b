#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plays cases and compares what tidegate says with what the case has down: transcript.py TIDEGATE CASE…

With TIDEGATE_TRANSCRIPTS=update the cases are rewritten to what was said; look at the difference before you commit it.
README.md in ../transcripts says how a case is written."""
import difflib
import json
import os
import pathlib
import re
import shlex
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import Failure, Project, Server  # noqa: E402

UPDATE = os.environ.get("TIDEGATE_TRANSCRIPTS") == "update"
# Told by the clock or the machine, not by the case; the lease has tests of its own.
LEFT_OUT_EVENTS = {"stage.progress", "statement.progress", "waiting", "lease.taken"}
LEFT_OUT_STATE = "locked"
LEFT_OUT_FIELDS = {"v", "seq", "time", "run", "ms"}
# Sections whose body is what was said; the others set something up.
CHECKED = {"run", "tidegate", "query", "asked"}



class Section:
    def __init__(self, title, line):
        words = title.split(None, 1)
        self.name, self.title, self.line = words[0], words[1] if len(words) > 1 else "", line
        self.body = []

    @property
    def text(self):
        return "".join(line + "\n" for line in self.body)


def read(path):
    """The comment at the top, and the sections."""
    top, sections = [], []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("== "):
            sections.append(Section(line[3:], number))
        elif sections:
            sections[-1].body.append(line)
        else:
            top.append(line)
    if not any(line.startswith("#") for line in top):
        raise Failure("a case begins with a comment that says what it shows")
    if not any(section.name in ("run", "tidegate") for section in sections):
        raise Failure("the case runs nothing")
    return top, sections


class Normal:
    """Takes out what differs from run to run."""

    def __init__(self, project):
        self.words = [(str(project.folder), "<here>"), (str(project.tidegate.parent.parent / "share/tidegate/pipelines"), "<bundled>"),
                      (str(project.fixtures), "<fixtures>"), (str(project.tidegate.parent.parent), "<install>"),
                      (project.server.folder, "<server>"), (project.database, "<database>")]
        for name, server in project.servers.items():
            self.words += [(server.url, f"<{name}>"), (f"127.0.0.1:{server.port}", f"<{name}>")]
        self.patterns = [(re.compile(r"\b\d{8}T\d{6}-[0-9a-f]{8}\b"), "<run>"), (re.compile(r"\b[0-9a-f]{64}\b"), "<sha256>"),
                         (re.compile(r"\bpid \d+"), "pid <n>"), (re.compile(r"\bwaited \d+ m?s"), "waited <time>"),
                         (re.compile(r"(known stage types|bundled|found): [a-z_.-]+(, [a-z_.-]+)* and [a-z_.-]+"), r"\1: …"),
                         (re.compile(r"\b\d{4}-\d\d-\d\dT[0-9:.]+Z"), "<when>")]

    def text(self, text):
        for word, name in self.words:
            text = text.replace(word, name)
        for pattern, name in self.patterns:
            text = pattern.sub(name, text)
        return text

    def value(self, value):
        if isinstance(value, dict):
            return {key: self.value(one) for key, one in value.items() if key not in LEFT_OUT_FIELDS}
        if isinstance(value, list):
            return [self.value(one) for one in value]
        return self.text(value) if isinstance(value, str) else value

    def events(self, events):
        return [json.dumps(self.value(event), ensure_ascii=False) for event in events
                if event["type"] not in LEFT_OUT_EVENTS and event.get("state") != LEFT_OUT_STATE]


def play(project, section, pending_signal):
    """What the section's body should be, or None when it only sets something up."""
    body, title = section.text, section.title
    for name, place in {"<fixtures>": str(project.fixtures), "<server>": project.server.folder}.items():
        if section.name not in CHECKED:
            body = body.replace(name, place)
    if section.name == "file":
        project.write(title, body)
    elif section.name == "migration":
        project.migration(title, body)
    elif section.name == "sql":
        project.sql(body)
    elif section.name == "hold":
        project.held.append(project.server.hold(project.database, title))
    elif section.name == "server":
        name, *answers = shlex.split(title)
        project.serve(name, answers)
    elif section.name == "env":
        project.environment = {name: server.url for name, server in project.servers.items()}
        project.environment.update(line.split("=", 1) for line in body.splitlines() if line)
    elif section.name == "signal":
        number, what = title.split(None, 1)
        if what.startswith("select "):
            condition = what
        else:
            wanted = dict(zip(("type", "stage"), what.split()))
            condition = lambda event: wanted.items() <= event.items()  # noqa: E731
        pending_signal[:] = [(getattr(signal, "SIG" + number), condition)]
    elif section.name == "run":
        code, events, _ = project.events(shlex.split(title), pending_signal.pop() if pending_signal else None)
        return [f"exit {code}", *Normal(project).events(events)]
    elif section.name == "tidegate":
        code, output, error = project.run(shlex.split(title))
        return [f"exit {code}", *Normal(project).text(output + error).splitlines()]
    elif section.name == "query":
        try:
            return Normal(project).text(project.sql(title)).splitlines()
        except Failure as failure:
            return str(failure).strip().splitlines()
    elif section.name == "asked":
        out = []
        for method, path, text in project.servers[title].requests:
            kind = json.loads(text).get("type", "") if text.startswith("{") else ""
            out.append(f"{method} {path} {kind}".rstrip())
        return out
    else:
        raise Failure(f"line {section.line}: unknown section '{section.name}'")
    return None


def without_blank_end(lines):
    lines = list(lines)
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def check(path, tidegate, server):
    top, sections = read(path)
    project = Project(tidegate, server)
    differences, pending_signal = [], []
    try:
        for section in sections:
            said = play(project, section, pending_signal)
            if said is None:
                continue
            wanted = without_blank_end(section.body)
            if said == wanted:
                continue
            differences += [f"{path.name}:{section.line}: == {section.name} {section.title}"]
            differences += list(difflib.unified_diff(wanted, said, "wanted", "said", lineterm="", n=2))
            section.body = said + [""]
    finally:
        project.close()
    if differences and UPDATE:
        lines = list(top)
        for section in sections:
            lines += [f"== {section.name} {section.title}".rstrip(), *section.body]
        path.write_text("\n".join(without_blank_end(lines)) + "\n", encoding="utf-8")
        print(f"rewritten: {path}")
        return True
    if differences:
        print("\n".join(differences))
        print(f"\n{path}: not as wanted. If what was said is right: TIDEGATE_TRANSCRIPTS=update, the same command again.")
    return not differences


def main():
    tidegate, *cases = sys.argv[1:]
    if not cases:
        raise SystemExit("usage: transcript.py TIDEGATE CASE…")
    server = Server(tidegate)
    good = 0
    try:
        for case in cases:
            try:
                good += check(pathlib.Path(case), tidegate, server)
            except Failure as failure:
                print(f"{case}: {failure}")
    finally:
        server.close()
    print(f"{good} of {len(cases)} cases as wanted")
    sys.exit(0 if good == len(cases) else 1)


main()
