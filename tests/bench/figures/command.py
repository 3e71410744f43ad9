"""How long a command takes over OpenSSH's program."""

import statistics
import tempfile

from connectors.transports.openssh import HostKeys, OpensshTransport, Target
from tests.bench.baselines import BareSsh
from tests.bench.bench import Bench
from tests.bench.measure import timed
from tests.bench.table import Figure


def openssh(bench: Bench) -> list[Figure]:
    """A command over the ssh program, and one on a new channel of an open connection, in turns."""
    cluster = bench.cluster
    target = Target(
        cluster.address,
        cluster.port,
        cluster.user,
        cluster.private_key,
        host_keys=HostKeys(pinned=(cluster.host_key,)),
    )
    ours, bare, shells = [], [], []
    with tempfile.TemporaryDirectory(prefix="dssr-") as directory, BareSsh(cluster) as ssh:
        transport = OpensshTransport(target, directory=directory, persist=1)
        shell = ssh.shell()
        first = timed(lambda: transport.run(["true"], timeout=10))
        for _ in range(50 if bench.short else 500):
            ours.append(timed(lambda: transport.run(["true"], timeout=10)))
            bare.append(timed(lambda: ssh.run("true")))
            shells.append(timed(lambda: shell("true")))
        transport.close()
    note = f"the first one took {first:.0f} ms; paramiko's shell {statistics.median(shells):.1f} ms"
    return [
        Figure(
            "a command over OpenSSH",
            "ms",
            statistics.median(ours),
            statistics.median(bare),
            "a new channel of an open connection",
            1.0,
            note=note,
        )
    ]
