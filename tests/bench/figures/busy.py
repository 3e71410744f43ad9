"""What a full download through a service's front costs the commands of the bridge."""

import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from connectors.slurm.settings import SlurmSettings
from connectors.slurm.shell import login_nodes
from dssr.seams import Transport
from dssr.settings.reading import parse
from tests.bench.bench import Bench
from tests.bench.figures.forward import front_to, ssh_to
from tests.bench.measure import TURNS, timed
from tests.bench.table import Figure
from tests.connectors.transports.forwarding.conftest import program_on

# Downloads until it is ended; its first line says that bytes come.
_DOWNLOAD = """
import socket, sys
buffer = bytearray(256 << 10)
client = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
client.sendall(b"send %d\\n" % (1 << 50))
client.recv_into(buffer)
print("begun", flush=True)
while client.recv_into(buffer):
    pass
"""


def busy(bench: Bench) -> list[Figure]:
    """A command of the bridge's own transport, with and without the download, in turns. The note
    says what a download through ``ssh -L`` costs: all of them share this machine's cores."""
    alone: list[float] = []
    beside: list[float] = []
    stock: list[float] = []
    with ExitStack() as opened:
        port = opened.enter_context(program_on(bench.cluster, "node1"))
        address = opened.enter_context(front_to(bench, port)).port
        ssh = opened.enter_context(ssh_to(bench, port))
        transport = login_nodes.transport(parse(bench.cluster.settings(), SlurmSettings))
        opened.callback(transport.close)
        _times(transport, 10)
        count = 100 if bench.short else 1000
        for _ in range(TURNS):
            alone += _times(transport, count)
            for times, way in ((beside, address), (stock, ssh)):
                with _downloading(way):
                    times.extend(_times(transport, count))
    return [
        Figure(
            "a command during a download", "ms",
            statistics.median(beside), statistics.median(alone), "without it", 1.0,
            difference=True,
            note=f"during one through ssh -L: {statistics.median(stock):.3g} ms",
        )
    ]  # fmt: skip


def _times(transport: Transport, count: int) -> list[float]:
    return [timed(lambda: transport.run(["true"], timeout=30)) for _ in range(count)]


@contextmanager
def _downloading(port: int) -> Iterator[None]:
    command = [sys.executable, "-c", _DOWNLOAD, str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            process.stdout.readline()
            yield
            assert process.poll() is None, "the download has ended"
        finally:
            process.kill()
