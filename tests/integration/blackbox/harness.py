# SPDX-License-Identifier: Apache-2.0
"""What the black-box tests in Python share: a database of its own for each case, HTTP servers that answer as told, and the
built executable run as a user would. Nothing of core/ is known here but `tidegate scratch`, for runs by hand without ctest."""
import contextlib
import http.server
import json
import os
import pathlib
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
import threading

PASSWORD = "hunter2-&-s3cret"  # in every URL; the server asks for none, so it only has to stay secret
PASSWORD_IN_URL = "hunter2-%26-s3cret"
LIMIT = 120  # seconds after which a program counts as hanging


class Failure(Exception):
    """A case that did not do what it says."""


def program(name):
    """A program of PostgreSQL's own folder; Debian's on PATH is a slow wrapper."""
    folders = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/" + name), key=lambda path: -int(path.parts[4]))
    found = str(folders[0]) if folders else shutil.which(name)
    if not found:
        raise SystemExit(f"{name} is not installed")
    return found


PSQL = program("psql")


def small_environment():
    return {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}


class Server:
    """The server of this ctest run, or one of `tidegate scratch` when there is none."""

    def __init__(self, tidegate):
        self.keeper = None
        given = os.environ.get("TIDEGATE_TEST_SERVER", "")
        if given and not given.startswith("postgres") and pathlib.Path(given, "url").exists():
            given = pathlib.Path(given, "url").read_text(encoding="utf-8").strip()
        if not given.startswith("postgres"):
            self.keeper = subprocess.Popen([tidegate, "scratch"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            given = self.keeper.stdout.readline().strip()
        self.folder = re.search(r"host=([^&]*)", given).group(1)
        wanted = os.environ.get("TIDEGATE_PG_BIN")
        if wanted:
            says = subprocess.run([wanted + "/postgres", "--version"], capture_output=True, text=True, check=True).stdout
            is_it = self.sql("postgres", "show server_version")
            if is_it.split()[0] not in says.split():
                raise SystemExit(f"the server is {is_it}, and TIDEGATE_PG_BIN is of {says}")

    def close(self):
        if self.keeper:
            self.keeper.terminate()
            self.keeper.wait()

    def plain_url(self, database):
        return f"postgresql:///{database}?host={self.folder}&user=postgres"

    def url(self, database):
        return f"postgresql://postgres:{PASSWORD_IN_URL}@/{database}?host={self.folder}"

    def sql(self, database, text):
        try:
            done = subprocess.run([PSQL, "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", self.plain_url(database)], input=text,
                                  capture_output=True, text=True, check=False, timeout=LIMIT)
        except subprocess.TimeoutExpired as expired:
            raise Failure(f"the case's own SQL did not end within {LIMIT} s: {text}") from expired
        if done.returncode != 0:
            raise Failure(f"the case's own SQL failed: {done.stderr}")
        return done.stdout.strip()

    def hold(self, database, text):
        """A session that has done this and stays open."""
        session = subprocess.Popen([PSQL, "-XqAt", "-d", self.plain_url(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        session.stdin.write(text + ";\n\\echo held\n")
        session.stdin.flush()
        for line in session.stdout:
            if line.strip() == "held":
                return session
        raise Failure(f"could not hold: {text}")


class HttpServer:
    """Answers in the order given, the last one for ever: a status, `hang`, `garbage`, `drop`, or STATUS:BODY."""

    def __init__(self, answers):
        self.requests = []
        self.over = threading.Event()
        self.answers = list(answers) or ["200"]
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.requests.append((self.command, self.path, body.decode("utf-8", "replace")))
                answer = outer.answers.pop(0) if len(outer.answers) > 1 else outer.answers[0]
                if answer == "hang":
                    outer.over.wait()
                if answer in ("hang", "drop", "garbage"):
                    if answer == "garbage":
                        self.wfile.write(b"\x00\xffSSH-2.0-nothing of HTTP\r\n\r\n")
                    self.close_connection = True
                    return
                status, _, text = answer.partition(":")
                self.send_response(int(status))
                if status == "429":
                    self.send_header("Retry-After", "0")
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            do_GET = do_POST = do_PUT = do_PATCH = handle_any

            def log_message(self, *_):
                pass

        if self.answers == ["refuse"]:
            self.server = None
            with socket.socket() as unused:
                unused.bind(("127.0.0.1", 0))
                self.port = unused.getsockname()[1]
            return
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    def close(self):
        self.over.set()
        if self.server:
            self.server.shutdown()
            self.thread.join()
            self.server.server_close()


class Project:
    """A folder with migrations, a database, and the executable run in that folder."""

    def __init__(self, tidegate, server):
        self.tidegate, self.server = pathlib.Path(tidegate).resolve(), server
        self.database = f"tg_{os.getpid()}_{secrets.token_hex(4)}"
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tidegate-case-"))
        self.held, self.servers, self.environment = [], {}, {}
        server.sql("postgres", f"create database {self.database} template template0")

    def close(self):
        for session in self.held:
            session.stdin.close()
            session.wait()
        for one in self.servers.values():
            one.close()
        with contextlib.suppress(Failure):
            self.server.sql("postgres", f"drop database if exists {self.database} with (force)")
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def fixtures(self):
        return self.tidegate.parent.parent / "fixtures"

    def sql(self, text):
        return self.server.sql(self.database, text)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        if text.startswith("#!"):
            path.chmod(0o755)

    def migration(self, name, text):
        self.write(f"prisma/migrations/{name}/migration.sql", text)

    def serve(self, name, answers):
        self.servers[name] = HttpServer(answers)
        self.environment[name] = self.servers[name].url

    def run(self, arguments, signal_when=None):
        """(exit code, stdout, stderr). signal_when: (number, condition): sent when condition(event) holds for an event, or,
        for a condition that is text, when the database answers this query with t."""
        environment = {**small_environment(), "DATABASE_URL": self.server.url(self.database), "TIDEGATE_REHEARSE": "0", **self.environment}
        process = subprocess.Popen([self.tidegate, *arguments], cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        ended = threading.Event()
        hanging = threading.Timer(LIMIT, process.kill)
        hanging.start()
        lines, errors = [], []
        helpers = [threading.Thread(target=lambda: errors.append(process.stderr.read()))]
        number, condition = signal_when or (None, None)
        if isinstance(condition, str):
            helpers.append(threading.Thread(target=self.signal_by_query, args=(process, number, condition, ended)))
        for helper in helpers:
            helper.start()
        for line in process.stdout:
            lines.append(line)
            if callable(condition) and condition(json.loads(line)):
                process.send_signal(number)
                condition = None
        process.wait()
        ended.set()
        for helper in helpers:
            helper.join()
        if not hanging.is_alive():
            raise Failure(f"did not end within {LIMIT} s: tidegate {' '.join(arguments)}\n{''.join(lines)}")
        hanging.cancel()
        output, error = "".join(lines), errors[0]
        for secret in (PASSWORD, PASSWORD_IN_URL):
            if secret in output or secret in error:
                raise Failure(f"the password is in the output:\n{output}\n{error}")
        code = process.returncode
        return (128 - code if code < 0 else code), output, error

    def signal_by_query(self, process, number, query, ended):
        while not ended.is_set():
            if self.sql(query) == "t":
                process.send_signal(number)
                return

    def events(self, arguments, signal_when=None):
        code, output, error = self.run(["run", "--json", *arguments], signal_when)
        try:
            return code, [json.loads(line) for line in output.splitlines()], error
        except json.JSONDecodeError as bad:
            raise Failure(f"standard output is no NDJSON: {bad}\n{output}\n{error}") from bad
