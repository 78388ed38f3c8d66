"""A private Apache Kafka of one node (KRaft), fetched from Maven Central."""

import base64
import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import uuid

from .errors import DevError
from .process import Daemon, say
from .settings import REPOSITORY

POM = REPOSITORY / "deploy/local/kafka/pom.xml"
JAVA = ["-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        "-Dorg.slf4j.simpleLogger.showDateTime=true", "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ"]

FETCH_TIMEOUT = 600


class Unavailable(DevError):
    """Kafka cannot be had on this machine: no Java, no Maven, or Maven Central out of reach."""


def fetch():
    """The directory of Kafka's jars, fetched on first use and shared by all stacks of this checkout."""
    version = re.search(r"<kafka.version>(.*)</kafka.version>", POM.read_text())[1]
    cache = pathlib.Path(os.environ.get("KIMBERLITE_CACHE_DIR", REPOSITORY / ".dev/cache"))
    jars = cache / f"kafka-{version}"
    if jars.exists():
        return jars
    if not shutil.which("mvn"):
        raise Unavailable("Maven (mvn) is not installed; it fetches Apache Kafka")
    say("kafka", f"fetching Apache Kafka {version} from Maven Central, about 100 MB with its libraries")
    new = cache / f"kafka-{version}.new"
    shutil.rmtree(new, ignore_errors=True)
    copy = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={new}"]
    command = ["mvn", "--batch-mode", "--quiet", "-Dstyle.color=never", "--file", str(POM), *copy]
    try:
        result = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=FETCH_TIMEOUT
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"Maven could not fetch Apache Kafka within {FETCH_TIMEOUT} s") from error
    if result.returncode != 0:
        reason = next((line for line in result.stdout.splitlines() if "[ERROR]" in line), result.stdout[-1000:])
        raise Unavailable(f"Maven could not fetch Apache Kafka: {reason.strip()}")
    new.rename(jars)
    return jars


class Kafka:
    def __init__(self, directory, run_dir, log_dir, port, controller_port):
        self.directory = directory
        self.data = directory / "data"
        self.properties = directory / "server.properties"
        self.port = port
        self.controller_port = controller_port
        self.brokers = f"127.0.0.1:{port}"
        self.daemon = Daemon(
            "kafka", [], run_dir / "kafka.pid", log_dir / "kafka.log", ports=(port, controller_port), stop_timeout=30
        )

    def start(self):
        if self.daemon.pid():
            return
        java = shutil.which("java")
        if not java:
            raise Unavailable("Java is not installed; Apache Kafka needs 17 or newer")
        classpath = f"{fetch()}/*"
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._write_properties()
        if not (self.data / "meta.properties").exists():
            self._format(java, classpath)
        self.daemon.argv = [java, *JAVA, "-cp", classpath, "kafka.Kafka", self.properties]
        self.daemon.start()
        self.daemon.wait_ready(self.why_not_ready, 90)

    def why_not_ready(self):
        """Empty when the broker answers a request for its API versions (Kafka protocol, key 18, version 0)."""
        client = b"dev"
        body = struct.pack(">hhih", 18, 0, 1, len(client)) + client
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(struct.pack(">i", len(body)) + body)
                reply = connection.recv(10, socket.MSG_WAITALL)
        except OSError as error:
            return str(error)
        answered = len(reply) == 10 and struct.unpack(">iih", reply)[1:] == (1, 0)  # our correlation id, no error
        return "" if answered else "it does not speak Kafka's protocol"

    def stop(self):
        return self.daemon.stop()

    def _write_properties(self):
        broker, controller = f"BROKER://{self.brokers}", f"CONTROLLER://127.0.0.1:{self.controller_port}"
        lines = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "log.dirs": self.data,
            "controller.quorum.bootstrap.servers": f"127.0.0.1:{self.controller_port}",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "BROKER",
            "listeners": f"{broker},{controller}",
            "advertised.listeners": f"{broker},{controller}",
            "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
            # Services create their topics with the partitions that they need; a misspelt name is an error.
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            # A broker that was killed may register again only when its last session is over.
            "broker.session.timeout.ms": "4000",
            "broker.heartbeat.interval.ms": "1000",
        }
        self.properties.write_text("".join(f"{name}={value}\n" for name, value in lines.items()))

    def _format(self, java, classpath):
        # An interrupted format leaves no meta.properties, and what else it left is of no use.
        shutil.rmtree(self.data, ignore_errors=True)
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if cluster.startswith("-"):  # would be read as an option
            cluster = "A" + cluster[1:]
        command = [java, *JAVA, "-cp", classpath, "kafka.tools.StorageTool", "format", "--standalone"]
        result = subprocess.run(
            [*command, "--cluster-id", cluster, "--config", str(self.properties)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        if result.returncode != 0:
            raise DevError(f"Kafka's storage could not be formatted:\n{result.stdout.strip()}")
