"""A private PostgreSQL: a Unix socket, no TCP."""

import contextlib
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import urllib.parse

from .errors import DevError
from .process import Daemon, wait_until

USER = DATABASE = "kimberlite"
# Unlike runuser it becomes the program that it runs, so that the pid is the server's.
AS_POSTGRES = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
# The same, able to pass through directories of root's own, such as /root.
AS_POSTGRES_PASSING = [*AS_POSTGRES, "--inh-caps=+dac_override", "--ambient-caps=+dac_override"]


def _run(command, **options):
    result = subprocess.run(
        list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options
    )
    if result.returncode != 0:
        raise DevError(f"{shlex.join(map(str, command))[:300]} failed:\n{result.stdout.strip()}")
    return result.stdout


def _unprivileged(path):
    """How to run PostgreSQL, which refuses to run as root, on data below `path`. Called as root, it gets a user namespace
    in which root is user 1000; where those are forbidden, as in many containers, it runs as the user postgres."""
    if os.getuid() != 0:
        return []
    unshare = ["unshare", "--user", "--map-user=1000"]
    # `test -x` would ask on behalf of the real user, without capabilities; a look tells what an open will find.
    for prefix, look in ((unshare, ["true"]), (AS_POSTGRES, ["ls", "-d", path]), (AS_POSTGRES_PASSING, ["ls", "-d", path])):
        command = list(map(str, [*prefix, *look]))
        if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
            return prefix
    raise DevError(
        "called as root where user namespaces are forbidden, PostgreSQL runs as the user postgres, who cannot reach "
        f"{path}: run ./dev as an ordinary user, or set KIMBERLITE_DEV_DIR to a directory that everyone may pass"
    )


class Postgres:
    def __init__(self, directory, run_dir, log_dir, durable=True):
        """`durable` false gives up safety from power cuts for speed; for tests of other things only."""
        self.directory = directory
        self.data = directory / "data"
        self.socket_dir = run_dir / "pg"
        self.durable = durable
        self.url = f"postgresql://{USER}@{urllib.parse.quote(str(self.socket_dir), safe='')}/{DATABASE}"
        self.daemon = Daemon(
            "postgres",
            [],
            run_dir / "postgres.pid",
            log_dir / "postgres.log",
            stop_signal=signal.SIGINT,  # "fast": ends sessions, writes a checkpoint
            stop_timeout=30,
        )

    def start(self):
        if self.daemon.pid():
            return
        for path in (self.directory, self.socket_dir):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        prefix = _unprivileged(self.directory)
        if prefix[:1] == ["setpriv"]:
            for path in (self.directory, self.socket_dir):
                shutil.chown(path, "postgres")
        if not self.data.exists():
            self._create(prefix)
        self._forget_dead_server()
        self.daemon.argv = [
            *self._absolute(prefix),
            self._programs() / "postgres",
            *("-D", self.data),
            *("-c", "listen_addresses="),
            *("-c", f"unix_socket_directories={self.socket_dir}"),
            *("-c", "unix_socket_permissions=0700"),
            *("-c", "max_connections=200"),
            *("-c", "log_min_duration_statement=500"),
            *([] if self.durable else ("-c", "fsync=off", "-c", "full_page_writes=off")),
        ]
        self.daemon.start()
        self.daemon.wait_ready(self.why_not_ready, 60)
        # A server killed between its first start and here has no database yet.
        exists = self.query(f"SELECT count(*) FROM pg_database WHERE datname = '{DATABASE}'", database="postgres")
        if exists.strip() != "1":
            self.query(f"CREATE DATABASE {DATABASE}", database="postgres")

    def why_not_ready(self):
        """Empty when it takes connections."""
        whom = ["--host", self.socket_dir, "--username", USER, "--dbname", "postgres"]
        ready = subprocess.run([self._programs() / "pg_isready", "--quiet", *whom]).returncode == 0
        return "" if ready else "it takes no connections"

    def query(self, sql, database=DATABASE):
        """Rows as psql prints them: no header, columns separated by |."""
        psql = [self._programs() / "psql", "--no-psqlrc", "--quiet", "-At", "--set", "ON_ERROR_STOP=1"]
        return _run([*psql, "--host", self.socket_dir, "--username", USER, "--dbname", database, "--command", sql])

    def stop(self):
        return self.daemon.stop()

    def _create(self, prefix):
        # Made aside and renamed when whole, so that an interrupted run leaves nothing half made.
        new = self.data.with_name("data.new")
        shutil.rmtree(new, ignore_errors=True)
        options = ["--username", USER, "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8"]
        sync = [] if self.durable else ["--no-sync"]
        _run([*prefix, self._programs() / "initdb", "--pgdata", new, *options, *sync], cwd="/")
        new.rename(self.data)

    def _programs(self):
        """The programs of the version that the data belongs to; for new data the newest."""
        versions = {int(path.parent.name): path for path in pathlib.Path("/usr/lib/postgresql").glob("[0-9]*/bin")}
        versions = {version: path for version, path in versions.items() if (path / "postgres").exists()}
        if not versions:
            raise DevError("PostgreSQL's server is not installed below /usr/lib/postgresql (package postgresql-15 or newer)")
        version_file = self.data / "PG_VERSION"
        wanted = int(version_file.read_text()) if version_file.exists() else max(versions)
        if wanted not in versions:
            raise DevError(f"{self.data} was made by PostgreSQL {wanted}, which is not installed")
        return versions[wanted]

    def _absolute(self, prefix):
        return [shutil.which(prefix[0]), *prefix[1:]] if prefix else []

    def _forget_dead_server(self):
        """After a crash its lock files may name a pid that another program has by now; PostgreSQL would not start."""
        # Children of a killed server work here until they notice, and hold its shared memory.
        if not wait_until(lambda: not self._processes(), 10, interval=0.1):
            raise DevError(f"{self.data} is used by a server that this stack did not start: pids {self._processes()}")
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        (self.socket_dir / ".s.PGSQL.5432.lock").unlink(missing_ok=True)

    def _processes(self):
        """Those whose working directory is the data directory: PostgreSQL's own."""
        pids = []
        for link in pathlib.Path("/proc").glob("[0-9]*/cwd"):
            # A process may end meanwhile, or belong to another user, who could not use this directory.
            with contextlib.suppress(OSError):
                if link.readlink() == self.data:
                    pids.append(int(link.parent.name))
        return pids
