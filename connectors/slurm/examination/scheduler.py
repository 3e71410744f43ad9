"""Slurm as the login node shows it: the controller, its partitions, its accounting."""

import secrets
from shlex import quote

from connectors.shared.checks import failure, ok, warning
from connectors.slurm.examination.site import Site
from connectors.slurm.shell.remote import Reply, program
from connectors.slurm.words import visibility
from connectors.slurm.words.commands import words_of
from connectors.slurm.words.examination.clock import span
from connectors.slurm.words.examination.scheduler import Scheduler, scheduler, version
from dssr.errors import Unavailable
from dssr.seams import Finding, Partition

_SECONDS = 10  # for each of Slurm's commands
_OLDEST = (22, 5)  # the oldest release that dssr is tested with
_FEATURES = ("SelectType", "ProctrackType", "TaskPlugin", "JobSubmitPlugins")


def ask(site: Site) -> Scheduler:
    """Ask Slurm once for all checks. Raises ``Unavailable``."""
    mark = secrets.token_hex(8)
    done = site.script("scheduler", str(_SECONDS), mark, timeout=6.0 * _SECONDS)
    if not done.stdout:
        raise Unavailable(f"The login node could not ask Slurm: {words_of(done)}")
    return scheduler(done.stdout.decode("utf-8", "replace"), mark)


def slurm(found: Scheduler, user: str) -> Finding:
    """Whether the controller answers, and what it is."""
    if not found.answers:
        return _silent(found, user)
    said = found.config
    features = ", ".join(said[name] for name in _FEATURES if said.get(name) not in (None, "(null)"))
    detail = f"Slurm {said['SLURM_VERSION']} ({features})."
    release = version(said)
    if release is not None and release < _OLDEST:
        return warning(f"{detail} dssr is tested with 22.05 and newer.")
    return ok(detail)


def partitions(found: Scheduler, chosen: str) -> Finding:
    """Whether a partition takes jobs that name none. ``chosen``: the one of the settings."""
    listed = ", ".join(_shown(partition) for partition in found.partitions)
    used = found.partition(chosen)
    cure = "Have the administrator make one partition the default in slurm.conf (Default=YES); or"
    if used is None and not chosen:
        return warning(
            f"No partition is the default: {listed}.",
            f"{cure} have each job name one:\n#SBATCH --partition={_best(found)}",
            "JARVICE_SLURM_CHECK_OPTIONS",
        )
    if used is None:
        return failure(
            f"There is no partition {chosen!r}: {listed}.", setting="JARVICE_SLURM_CHECK_OPTIONS"
        )
    if used.state != "UP":
        return failure(
            f"The partition {used.name} is {used.state}: {listed}.",
            f"scontrol update partitionname={quote(used.name)} state=up",
        )
    if not found.usable_nodes(chosen):
        return failure(
            f"No node of the partition {used.name} is up: {listed}.",
            "Look for the reason, and bring the nodes back as root:\n"
            "sinfo -R\nscontrol update nodename=NODE state=resume",
        )
    return ok(f"{listed}.")


def min_job_age(found: Scheduler, snapshot_age: float) -> Finding:
    """Whether the controller lists an ended job for as long as the bridge needs to see it."""
    words = found.config.get("MinJobAge", "").split()
    age = int(words[0]) if words and words[0].isdecimal() else 0
    if age == 0:
        return ok("The controller keeps ended jobs in its list.")
    if age >= 2 * snapshot_age:
        return ok(f"The controller lists an ended job for {span(age)}.")
    return warning(
        f"The controller forgets an ended job after {age} s, and the bridge asks every "
        f"{snapshot_age:g} s: how a job ended is then known from accounting or from its record.",
        "Have the administrator set this in slurm.conf, and call scontrol reconfigure:\n"
        "MinJobAge=300",
        "JARVICE_SNAPSHOT_AGE",
    )


def private_data(site: Site, found: Scheduler) -> Finding:
    """Whether Slurm hides jobs from the service user that the bridge has to see."""
    done = site.run(*program("visibility", ("", "", str(_SECONDS))), timeout=3.0 * _SECONDS)
    lines = Reply.read(done.stdout).lines
    hidden = found.config.get("PrivateData", "none")
    if visibility.sees_all(lines):
        return ok(f"PrivateData is {hidden}, and hides no job from {site.user}.")
    if site.settings.users == "service":
        return ok(f"PrivateData is {hidden}; all jobs of the bridge are {site.user}'s own.")
    verdict = failure if visibility.sees_nothing(lines) else warning
    return verdict(
        f"PrivateData is {hidden}, and the jobs are those of several users: {site.user} may not "
        "see them.",
        visibility.cure(site.user),
        "JARVICE_SLURM_USERS",
    )


def accounting(found: Scheduler, lag: float | None, most: float) -> Finding:
    """Whether accounting answers, and how late it is. ``lag``: seconds until it had the end of a
    job, ``None`` where that was not tried; ``most``: how long was waited for that."""
    said = found.said("sacct")
    if not found.keeps_accounting:
        return warning(
            "The cluster keeps no accounting, so how a job ended is known from its own record "
            "alone once the controller has forgotten it.",
            "Have the administrator set this in slurm.conf, with a slurmdbd at that host:\n"
            "AccountingStorageType=accounting_storage/slurmdbd\nAccountingStorageHost=HOST",
        )
    if said.code != 0:
        return failure(
            f"Accounting does not answer: {said.words}.",
            "Start the accounting daemon again, as root at its host:\nsystemctl restart slurmdbd",
        )
    if lag is None:
        return ok("Accounting answers.")
    if lag < most:
        return ok(f"Accounting answers, and had the end of a job within {lag + 1:.0f} s.")
    return warning(
        f"Accounting had not heard of the end of a job after {most:.0f} s: some calls answer late.",
        "Look for the reason on the controller:\nsacctmgr show stats\nsdiag | grep -i dbd",
        "JARVICE_SETTLING_TIME",
    )


def _silent(found: Scheduler, user: str) -> Finding:
    said = found.said("config")
    if "not found" in said.text or "No such file" in said.text:
        return failure(
            f"Slurm's commands are not on the PATH of {user}'s shells: {said.words}",
            f"Add their directory at the top of ~/.bashrc of {user} on the login node:\n"
            "export PATH=$PATH:/opt/slurm/bin",
        )
    return failure(
        f"Slurm's controller does not answer: {said.words}",
        "Look at the controller, as root at its host:\nscontrol ping\nsystemctl status slurmctld",
    )


def _shown(partition: Partition) -> str:
    up = partition.nodes.total - partition.nodes.down
    state = "" if partition.state == "UP" else f", {partition.state}"
    limit = f", {span(partition.max_walltime)}" if partition.max_walltime else ""
    default = "*" if partition.is_default else ""
    return f"{partition.name}{default} ({up} of {partition.nodes.total} nodes up{limit}{state})"


def _best(found: Scheduler) -> str:
    best = max(found.partitions, key=lambda p: p.nodes.free + p.nodes.busy, default=None)
    return best.name if best else "NAME"


def options_of(check_options: tuple[str, ...]) -> dict[str, str]:
    """JARVICE_SLURM_CHECK_OPTIONS by option."""
    return {name: value for name, _, value in (option.partition("=") for option in check_options)}
