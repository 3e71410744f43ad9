"""What the program ``cluster`` prints -> the view of the cluster. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.slurm.words.cluster.limits import account_limits, config, site_limits
from connectors.slurm.words.cluster.nodes import nodes
from connectors.slurm.words.cluster.partitions import partitions
from connectors.slurm.words.cluster.queue import queue
from connectors.slurm.words.commands import TIMED_OUT
from dssr.errors import Unavailable
from dssr.seams import ClusterLimits, ClusterView

_NEEDED = ("config", "partitions", "nodes", "queue")


@dataclass(frozen=True)
class Section:
    """What one of Slurm's commands said, both streams together."""

    text: str
    code: int


def view(text: str, mark: str, taken: float) -> ClusterView:
    """``taken``: when the cluster was asked, on the clock of ``time.monotonic``.

    Raises ``Unavailable`` when the controller did not answer one of the questions. Without the
    associations, the limits of accounts are missing, and the view says so.
    """
    sections = _sections(text, mark)
    for name in _NEEDED:
        _check(name, sections.get(name, Section("", -1)))
    said = config(sections["config"].text)
    found = nodes(sections["nodes"].text)
    accounts = sections.get("associations", Section("", -1))
    limits = account_limits(accounts.text) if accounts.code == 0 else {}
    return ClusterView(
        scheduler="slurm",
        version=said.get("SLURM_VERSION", ""),
        host=sections["host"].text.strip() if "host" in sections else "",
        partitions=partitions(sections["partitions"].text, found),
        nodes=found,
        queue=queue(sections["queue"].text, mark),
        limits=ClusterLimits(site_limits(said), limits),
        taken=taken,
        notes=() if limits else (_without_limits(accounts, said),),
    )


def _sections(text: str, mark: str) -> dict[str, Section]:
    """``MARK name``, the text, ``MARK=exit code``; the marks are on lines of their own."""
    found = {}
    for part in text.split(f"\n{mark} ")[1:]:
        name, _, rest = part.partition("\n")
        body, _, code = rest.rpartition(f"\n{mark}=")
        if code.strip().isdecimal():
            found[name] = Section(body, int(code))
    return found


def _check(name: str, section: Section) -> None:
    if section.code == 0:
        return
    words = " ".join(section.text.split())[:300]
    silent = section.code in (TIMED_OUT, -1) or not words
    said = "no answer in time" if silent else words
    raise Unavailable(f"Slurm's controller does not show the cluster ({name}): {said}")


def _without_limits(section: Section, said: Mapping[str, str]) -> str:
    if said.get("AccountingStorageType", "") in ("", "(null)", "accounting_storage/none"):
        return "The cluster keeps no accounting, so accounts have no limits."
    if section.code == 0:
        return "Slurm shows no account of the bridge's user, and so no limits of accounts."
    words = " ".join(section.text.split())[:300] or "no answer in time"
    return f"Slurm did not report the limits of accounts: {words}"
