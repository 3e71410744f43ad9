"""How programs listen on the real cluster's nodes, and who reaches them."""

import pytest

from connectors.slurm.services import batch
from connectors.slurm.services.programs import job_text
from dssr.job import JobSpec
from dssr.seams.services import Address, Exposure, How
from dssr.settings import Settings
from executors.singularity import Singularity
from tests.connectors.slurm.services.team import People
from tests.connectors.slurm.services.web import ON_ANY_PORT, ON_PORT, exchange
from tests.end_to_end.service import eventually

_CONNECT = """
import socket, sys
kind, place, sent = sys.argv[1:]
try:
    if kind == "unix":
        client = socket.socket(socket.AF_UNIX)
        client.connect(place)
    else:
        client = socket.create_connection((kind, int(place)), 20)
    client.sendall(sent.encode())
    print(client.recv(1000))
except OSError as error:
    print(type(error).__name__)
"""
REQUEST = "GET / HTTP/1.0\r\n\r\n"


@pytest.mark.parametrize("place", ["login", "node"])
def test_another_user_is_refused(people: People, place: str) -> None:
    """Another user of the node, or of the login node, gets no byte from a program on a socket:
    neither without the secret, nor with another one, nor from the socket itself."""
    service = people.up()
    ready = service.ready()
    address = ready.address
    assert address is not None
    host = address.node if place == "node" else "login"

    def tried(user: str, *words: str) -> bytes:
        argv = ["python3", "-c", _CONNECT, *words]
        return people.cluster.run(host, argv, user=user).stdout.strip()

    port, node = str(address.port), address.node
    wrong = address.secret[::-1]
    assert tried("bob", node, port, REQUEST) == b"b''"
    assert tried("bob", node, port, f"DSSR1 {wrong}\n{REQUEST}") == b"b''"
    assert tried("bob", node, port, f"DSSR1 {address.secret[:-1]}\n{REQUEST}") == b"b''"
    assert b"200 OK" in tried("jarvice", node, port, f"DSSR1 {address.secret}\n{REQUEST}")
    assert tried("bob", "unix", socket_of(people, node), REQUEST) in (
        b"PermissionError",
        b"FileNotFoundError",  # another host
    )
    secrets = f"{service.started.folder}/gen/1/secret"
    assert people.cluster.run(host, ["cat", secrets], user="bob").returncode != 0


def socket_of(people: People, node: str) -> str:
    """The path of a program's socket on that node."""
    newest = ["sh", "-c", "ls -dt /tmp/dssr-*/socket | head -n 1"]
    return people.cluster.run(node, newest).stdout.decode().strip()


def test_the_secret_is_on_no_command_line(people: People) -> None:
    """No process of the node has the secret or the token on its command line."""
    service = people.up()
    address = service.ready().address
    assert address is not None
    token = people.cluster.path(f"{service.started.folder}/token").read_text()
    lines = [process.command for process in people.cluster.processes(address.node)]
    assert lines
    assert not [line for line in lines if address.secret in str(line) or token in str(line)]


@pytest.mark.parametrize(
    ("host", "exposure"), [("127.0.0.1", Exposure.NODE), ("0.0.0.0", Exposure.NETWORK)]
)
def test_a_program_on_a_port_is_reached_with_a_warning(
    people: People, host: str, exposure: Exposure
) -> None:
    """A program that listens on $DSSR_PORT is reached through the relay, and the service warns of
    who else reaches it."""
    service = people.up(script=ON_PORT, arguments=(host,))
    ready = service.ready()
    assert ready.address is not None
    assert ready.address.exposure is exposure
    assert b"200 OK" in service.get(ready)
    warnings = eventually(lambda: service.chain.warnings)
    assert "have it listen on $DSSR_SOCKET" in warnings[0]


@pytest.mark.parametrize("how", ["file", "output"])
def test_a_port_that_the_program_chooses_is_found(people: People, how: str) -> None:
    """A program that takes any port reports it in $DSSR_ADDRESS_FILE, or in its output."""
    pattern = "Running on http://[^:]*:[0-9]+" if how == "output" else ""
    service = people.up(script=ON_ANY_PORT, arguments=(how,), port_pattern=pattern)
    assert b"200 OK" in service.get(service.ready())


def test_a_port_in_use_is_left_for_another_one(people: People) -> None:
    """A program whose port was taken in the meantime is started again with another port."""
    taken = ON_PORT.replace(
        "listener = socket.socket()",
        """
if not os.path.exists(os.environ["DSSR_WORK_DIR"] + "/tried"):
    open(os.environ["DSSR_WORK_DIR"] + "/tried", "w").close()
    other = socket.socket()  # what takes the port between its choice and its use
    other.bind(("", port))
    other.listen(1)
listener = socket.socket()""",
    )
    service = people.up(script=taken, arguments=("127.0.0.1",))
    ready = service.ready()
    assert b"200 OK" in service.get(ready)
    assert [what for _, what in ready.events if "was in use: another one is tried" in what]
    assert not [what for _, what in ready.events if "starts again" in what]


def test_ports_are_of_the_sites_range(people: People) -> None:
    """Where a site opens a range of ports alone, program and relay listen there."""
    service = people.up(script=ON_PORT, arguments=("0.0.0.0",), ports=(25000, 25009))
    ready = service.ready()
    assert ready.address is not None
    assert 25000 <= ready.address.port <= 25009
    printed = service.person.services.output(service.place, 1, 0, 1000)
    assert 25000 <= int(printed.split()[-1]) <= 25009


def test_a_relay_that_dies_starts_again(people: People) -> None:
    """The job starts a new relay, at another address with the same secret."""
    service = people.up()
    first = service.ready().address
    assert first is not None
    people.cluster.run(first.node, ["pkill", "-KILL", "-u", "jarvice", "-f", "relay.py serve"])

    def look() -> Address | None:
        return service.ready().address

    moved = eventually(look, lambda a: a is not None and a.port != first.port)
    assert moved is not None
    assert moved.secret == first.secret
    assert b"200 OK" in service.get(service.ready())


NO_PYTHON = "python3() { return 127; }\n"
NO_SOCAT = "command() { return 1; }\n"


def with_nodes_that_lack(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the jobs of services believe that their nodes lack these commands."""
    monkeypatch.setattr(batch, "job_text", lambda: f"{what}{job_text()}")


def test_socat_relays_where_python_does_not(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a python3, socat is the relay: it demands the secret, and passes half-closes on."""
    with_nodes_that_lack(NO_PYTHON, monkeypatch)
    service = people.up()
    ready = service.ready()
    address = ready.address
    assert address is not None
    assert address.secret
    node = people.cluster.address_of(address.node)
    assert service.get(ready).endswith(address.node.encode())
    assert exchange(node, address.port, REQUEST.encode()) == b""
    assert exchange(node, address.port, b"DSSR1 wrong\n" + REQUEST.encode()) == b""
    assert [p.name for p in people.cluster.processes(address.node)].count("socat") >= 1


def test_a_port_without_a_relay_is_open_and_warned_of(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a node can relay nothing, the address is the program's own port, which takes no
    preface, and the service warns of it."""
    with_nodes_that_lack(NO_PYTHON + NO_SOCAT, monkeypatch)
    service = people.up(script=ON_PORT, arguments=("0.0.0.0",))
    ready = service.ready()
    assert ready.address is not None
    assert ready.address.secret == ""
    assert b"200 OK" in service.get(ready)
    assert "open to all users" in service.chain.warnings[-1]


def test_a_socket_without_a_relay_is_a_failure_with_the_cure(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a node can relay nothing, a program on a socket fails, and the end says what to do."""
    with_nodes_that_lack(NO_PYTHON + NO_SOCAT, monkeypatch)
    end = people.up().ended().end
    assert end is not None
    assert end.how is How.FAILED
    assert "listen on port $DSSR_PORT" in end.why


def test_a_program_in_a_container_is_reached(people: People) -> None:
    """The executor's text starts the program, here in an image, with the service's environment."""
    script = '#!/bin/sh\nexec busybox httpd -f -p "$DSSR_PORT" -h "$HOME/web"\n'
    image = people.cluster.image
    web = ["sh", "-c", 'mkdir -p "$HOME/web" && echo contained >"$HOME/web/index.html"']
    people.cluster.run("login", web, user="jarvice")
    job = JobSpec("web", 1, 1, script, script, image=image, by_exit_code=True)
    service = people.up(script=script, image=image, launch=Singularity().launch(job, Settings()))
    ready = service.ready()
    assert service.get(ready).endswith(b"contained\n")
    assert ready.address is not None
    assert ready.address.exposure is Exposure.NETWORK
