"""What the bridge costs its machine and the cluster."""

import re
from pathlib import Path

from tests.cluster import Cluster
from tests.end_to_end.service import Service


def resident_memory(service: Service) -> float:
    """The memory of the bridge's process, in MB (proc(5))."""
    return _memory(service, "VmRSS")


def peak_memory(service: Service) -> float:
    """The most that it has been since the process began, or since ``forget_peak``, in MB."""
    return _memory(service, "VmHWM")


def forget_peak(service: Service) -> None:
    """Have ``peak_memory`` begin anew (proc(5), ``clear_refs``)."""
    Path(f"/proc/{service.pid}/clear_refs").write_text("5")


def _memory(service: Service, line: str) -> float:
    status = Path(f"/proc/{service.pid}/status").read_text()
    return int(re.findall(rf"{line}:\s+(\d+)", status)[0]) / 1024


def controller_rpcs(cluster: Cluster) -> dict[str, int]:
    """How many requests of each kind the controller has had (sdiag(1)), and from the service user
    in all (``user``)."""
    printed = cluster.run("login", ["sdiag"]).stdout.decode()
    by_kind = printed.partition("by message type")[2].partition("by user")[0]
    kinds = re.findall(r"^\s+(\w+)\s.*?count:(\d+)", by_kind, re.MULTILINE)
    by_user = printed.partition("by user")[2]
    user = re.search(rf"^\s+{cluster.user}\s.*?count:(\d+)", by_user, re.MULTILINE)
    return {kind: int(number) for kind, number in kinds} | {"user": int(user[1]) if user else 0}
