"""Servers that ./dev bench edge-… puts side by side: a replica of the edge, nginx, Varnish and a bare loop, each pinned to
one core. All are stopped by leaving the `with`."""

import contextlib
import os
import pathlib
import shutil
import socket
import subprocess

from .errors import DevError
from .process import last_lines, wait_until

SERVER_CPU, CLIENT_CPU = 0, 1

NGINX = """
worker_processes 1; daemon off; pid {dir}/nginx.pid; error_log {dir}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000; default_type text/html; {http}
  client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy; fastcgi_temp_path {dir}/f; uwsgi_temp_path {dir}/u;
  scgi_temp_path {dir}/s;
  server {{ listen 127.0.0.1:{port} reuseport; {server} }}
}}
"""

VCL = """vcl 4.1;
backend default {{ .host = "127.0.0.1"; .port = "{upstream}"; }}
sub vcl_backend_response {{ set beresp.ttl = 1h; unset beresp.http.Vary; return (deliver); }}
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def pin(cpu):
    cpus = os.sched_getaffinity(0)
    return lambda: os.sched_setaffinity(0, {cpu} if cpu in cpus else cpus)


@contextlib.contextmanager
def running(argv, log, *, cpu=SERVER_CPU, environment=None):
    with open(log, "wb") as output:
        process = subprocess.Popen(
            [str(word) for word in argv], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})}, preexec_fn=pin(cpu),
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_listening(process, port, log):
    def answers():
        if process.poll() is not None:
            return True
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True

    if not wait_until(answers, 20) or process.poll() is not None:
        raise DevError(f"{process.args[0]} does not listen on {port}:\n{last_lines(log)}")


def tree(pid):
    """The process and those it started."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *[found for child in children for found in tree(int(child))]]


def cpu_seconds(pid):
    """Time on a core of all threads of the process and its children, in user and system together."""
    total = 0
    for process in tree(pid):
        for thread in pathlib.Path(f"/proc/{process}/task").iterdir():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                total += int((thread / "schedstat").read_text().split()[0])
    return total / 1e9


def resident_mib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise DevError(f"process {pid} tells no VmRSS")


@contextlib.contextmanager
def edge(stack, directory, *, io_threads=1, cpu=SERVER_CPU, settings=None):
    """One more replica of a running stack's edge; yields its process and port."""
    port, log = free_port(), directory / "edge.log"
    environment = {
        **stack.services["rendering"].environment,
        "KIMBERLITE_EDGE_PORT": str(port), "KIMBERLITE_EDGE_IO_THREADS": str(io_threads),
        "KIMBERLITE_GRPC_PORT": str(free_port()), "KIMBERLITE_OPS_PORT": str(free_port()), **(settings or {}),
    }
    argv = [stack.settings.binary("kimberlite-rendering")]
    with running(argv, log, cpu=cpu, environment=environment) as process:
        wait_listening(process, port, log)
        yield process, port


@contextlib.contextmanager
def bare(stack, directory, answer):
    """The loop that writes these bytes; yields its process and port."""
    port = free_port()
    file, log = directory / f"answer-{port}", directory / f"bare-{port}.log"
    file.write_bytes(answer)
    with running([stack.settings.binary("bare_epoll"), port, file], log) as process:
        wait_listening(process, port, log)
        yield process, port


@contextlib.contextmanager
def nginx(directory, name, *, http="", server=""):
    port, home = free_port(), directory / name
    home.mkdir()
    # Its workers run as nobody when it is started as root.
    for path in (directory, home):
        path.chmod(0o755)
    config = home / "nginx.conf"
    config.write_text(NGINX.format(dir=home, port=port, http=http.format(dir=home), server=server.format(dir=home)))
    with running([program("nginx"), "-p", home, "-c", config], home / "log") as process:
        wait_listening(process, port, home / "log")
        yield process, port


@contextlib.contextmanager
def varnish(directory, name, upstream):
    port, home = free_port(), directory / name
    home.mkdir()
    (home / "bench.vcl").write_text(VCL.format(upstream=upstream))
    argv = [program("varnishd"), "-F", "-n", home / "work", "-a", f"127.0.0.1:{port}", "-f", home / "bench.vcl",
            "-s", "malloc,64m", "-p", "http_gzip_support=off", "-j", "none"]
    with running(argv, home / "log") as process:
        wait_listening(process, port, home / "log")
        yield process, port


def program(name):
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if not found:
        raise DevError(f"{name} is not installed (deploy/local/packages.txt, group bench)")
    return found
