"""What the probe job found on the compute nodes."""

from collections.abc import Mapping

from connectors.shared.checks import export, failure, ok, skipped, warning, with_advice
from connectors.slurm.examination.probe import Probe, registries
from connectors.slurm.settings import SlurmSettings
from connectors.slurm.words.examination.report import Report
from connectors.slurm.words.examination.scheduler import Scheduler
from dssr.seams import Finding

_EXECUTOR, _OVERLAY = "JARVICE_BAREMETAL_EXECUTOR", "JARVICE_SINGULARITY_OVERLAY_SIZE"
_PROXY = "JARVICE_BAREMETAL_HTTPS_PROXY"
_NO_CONTAINER = "Not examined: no node of the probe job can start a container."


def container(settings: SlurmSettings, shown: Report) -> Finding:
    """Whether every node can start a container, with what jobs write to."""
    without = [name for name in shown.nodes if not shown.of(name).get("container")]
    needs = "singularity" in settings.executor
    if without and needs:
        return _no_program(shown, without)
    if without:
        return ok(f"The executor {settings.executor!r} needs no container program.")
    broken = shown.where("container.runs", "no")
    if broken:
        verdict = failure if needs else warning
        return verdict(
            f"{_programs(shown)}, but no container starts on {', '.join(broken)}: "
            f"{shown.of(broken[0]).get('container.runs.why', '')}.",
            "Have the administrator allow user namespaces on the nodes, as root there:\n"
            "sysctl -w user.max_user_namespaces=15000",
            _EXECUTOR,
        )
    return _writable(settings, shown, needs)


def gpu(found: Scheduler, probe: Probe, shown: Report) -> Finding:
    """Whether a container sees the GPUs that Slurm grants."""
    if not any(node.gpus.total for node in found.nodes):
        return ok("The cluster has no GPUs.")
    if not probe.has_gpus:
        return skipped(
            "The probe job ran in a partition of which not all nodes have GPUs: name one in "
            "JARVICE_SLURM_CHECK_OPTIONS (partition=NAME) to have it examined."
        )
    outside, inside = shown.values("gpu.outside"), shown.values("gpu.inside")
    if all(count == "0" for count in outside.values()):
        return warning(
            f"Slurm grants GPUs, but {', '.join(outside)} show no device of NVIDIA or AMD.",
            "Have the administrator load the GPUs' driver on the nodes, as root there:\n"
            "nvidia-smi -L",
        )
    blind = [name for name, count in outside.items() if inside.get(name, "0") != count]
    if blind and not inside:
        return skipped(_NO_CONTAINER)
    if blind:
        return failure(
            f"A container on {', '.join(blind)} does not see the GPUs of its node.",
            "Have the administrator install nvidia-container-cli on the nodes; --nv needs it:\n"
            "apptainer exec --nv IMAGE nvidia-smi -L",
        )
    return ok("A container sees the GPUs of its node: " + _each(inside) + ".")


def images(settings: SlurmSettings, shown: Report) -> Finding:
    """Whether the nodes reach the place that images come from."""
    places = registries(settings)
    closed = {place: shown.where(f"images.{place}", "no") for place in places}
    if not any(closed.values()):
        return ok(f"{', '.join(shown.nodes)} reach {', '.join(places)}.")
    said = "; ".join(f"{', '.join(nodes)} do not reach {place}"
                     for place, nodes in closed.items() if nodes)  # fmt: skip
    return warning(
        f"{said}: images must be files of the cluster (a path that ends in .sif).",
        "If the nodes have a proxy, name it; or name a registry that they reach:\n"
        f"{export(_PROXY, 'http://proxy.example:3128')}\n"
        f"{export('JARVICE_LOCAL_REGISTRY', 'registry.example:5000')}",
        _PROXY,
    )


def submit_from_job(shown: Report) -> Finding:
    """Whether a job may submit a job, which services need for their next one."""
    if shown.where("submit", "yes"):
        return ok("A job may submit a job.")
    node, why = next(iter(shown.values("submit.why").items()), ("a node", "sbatch said nothing"))
    return warning(
        f"A job on {node} may not submit a job ({why}): the next three jobs of a service are "
        "submitted beforehand, and more only while a command or a bridge leads to it.",
        "Start services with more of them ('dssr service up --ahead N'), or have the administrator "
        "allow sbatch on compute nodes, for the partition in slurm.conf:\nAllocNodes=ALL",
    )


def node_tools(shown: Report) -> Finding:
    """Whether each node has what relays the connections of a service."""
    without = [name for name in shown.nodes if not shown.of(name).get("tools")]
    if not without:
        return ok(f"{_each(shown.values('tools'))}.")
    return warning(
        f"{', '.join(without)} have neither socat nor a python3 with its standard modules: a "
        "service's port cannot be closed to other users there.",
        "Have the administrator install one of them on the nodes:\napt-get install socat",
    )


def port_range(shown: Report) -> Finding:
    """Whether the login node reaches ports of the nodes, as a service's address needs it."""
    if not shown.ports:
        return skipped("No node could listen on a port: it needs python3 or socat.")
    closed = {
        name: [port for port, is_reached in ports.items() if not is_reached]
        for name, ports in shown.ports.items()
    }
    tried = sorted(port for ports in shown.ports.values() for port in ports)
    if not any(closed.values()):
        return ok(
            f"The login node reaches the nodes on all {len(tried)} ports that were tried, from "
            f"{tried[0]} to {tried[-1]}."
        )
    said = "; ".join(f"{name}: {', '.join(map(str, ports))}"
                     for name, ports in closed.items() if ports)  # fmt: skip
    return warning(
        f"The login node does not reach these ports of the nodes ({said}), so a service there "
        "has no address.",
        "Ask the administrator which ports the firewall between login node and nodes lets through; "
        "on a node, as root:\nfirewall-cmd --add-port=20000-59999/tcp",
    )


def _no_program(shown: Report, without: list[str]) -> Finding:
    some = "" if len(without) == len(shown.nodes) else f" ({_programs(shown)})"
    return failure(
        f"Neither singularity nor apptainer is on the PATH of {', '.join(without)}{some}.",
        "Have the administrator install it there, or load it in ~/.jarvice_custom_env:\n"
        "apt-get install apptainer\n"
        "or, if jobs need no images, start them without:\n"
        f"{export(_EXECUTOR, 'native')}",
        _EXECUTOR,
    )


def _writable(settings: SlurmSettings, shown: Report, needs: bool) -> Finding:
    no_overlay, no_tmpfs = (shown.where(f"container.{kind}", "no") for kind in ("overlay", "tmpfs"))
    works = [word for word, nodes in (("overlays", no_overlay), ("tmpfs", no_tmpfs)) if not nodes]
    namespaces = "no " if shown.where("container.namespaces", "no") else ""
    detail = f"{_programs(shown)}; {' and '.join(works) or 'neither overlays nor tmpfs'} work"
    detail += f"; {namespaces}user namespaces"
    if not needs or (settings.overlay_mb == 0 and not no_tmpfs) or (not no_overlay):
        return ok(f"{detail}.")
    why = shown.of(no_overlay[0]).get("container.overlay.why", "")
    finding = failure(f"{detail}. No overlay on {', '.join(no_overlay)}: {why}.")
    if no_tmpfs:
        return failure(
            finding.detail, "Have the administrator install fuse-overlayfs on the nodes:\n"
            "apt-get install fuse-overlayfs fuse2fs", _OVERLAY,
        )  # fmt: skip
    return with_advice(finding, _OVERLAY, "0")


def _programs(shown: Report) -> str:
    return _each(shown.values("container"))


def _each(values: Mapping[str, str]) -> str:
    """``A on node1, node2; B on node3``."""
    by_value: dict[str, list[str]] = {}
    for name, value in values.items():
        by_value.setdefault(value, []).append(name)
    return "; ".join(f"{value} on {', '.join(names)}" for value, names in by_value.items())
