"""What the program ``cluster`` prints -> the view of the cluster. Pure."""

from collections.abc import Mapping

from connectors.slurm.words.cluster.limits import account_limits, config, site_limits
from connectors.slurm.words.cluster.nodes import nodes
from connectors.slurm.words.cluster.partitions import partitions
from connectors.slurm.words.cluster.queue import queue
from connectors.slurm.words.sections import NOT_RUN, Section, sections
from dssr.errors import Unavailable
from dssr.seams import ClusterLimits, ClusterView

# Without these sections there is no view. Each with what its rows begin with.
_NEEDED = {
    "config": "SLURM_VERSION",
    "partitions": "PartitionName=",
    "nodes": "NodeName=",
    "queue": "{mark}|",
}

_SILENT = (
    "Slurm's accounting (slurmdbd) does not answer: figures of jobs that have ended may be missing,"
    " and so may the end of a job that the controller has forgotten."
)
_NOT_ASKED = (NOT_RUN, 126, 127)  # exit codes; a site may have no sacctmgr for its users
_NO_ACCOUNTING = (
    "The cluster keeps no accounting: the end of a job is known from Slurm's controller for some "
    "minutes, and then from the record that the job leaves; without one, it is UNKNOWN."
)


def view(text: str, mark: str, taken: float) -> ClusterView:
    """``taken``: when the cluster was asked, on the clock of ``time.monotonic``.

    Raises ``Unavailable`` when the controller did not answer one of the questions. Without the
    associations, the limits of accounts are missing, and the view says so.
    """
    shown = sections(text, mark)
    for name, row in _NEEDED.items():
        section = shown.get(name, Section())
        # Sites wrap Slurm's commands in scripts, of which some lose the exit code.
        is_error = "error:" in section.text and row.format(mark=mark) not in section.text
        if section.code != 0 or is_error:
            raise Unavailable(
                f"Slurm's controller does not show the cluster ({name}): {section.words}"
            )
    said = config(shown["config"].text)
    found = nodes(shown["nodes"].text)
    accounts, accounting = (shown.get(name, Section()) for name in ("associations", "accounting"))
    limits = account_limits(accounts.text) if accounts.code == 0 else {}
    is_silent = not _keeps_none(said) and _is_silent(accounting)
    return ClusterView(
        scheduler="slurm",
        version=said.get("SLURM_VERSION", ""),
        host=shown.get("host", Section()).text.strip(),
        partitions=partitions(shown["partitions"].text, found),
        nodes=found,
        queue=queue(shown["queue"].text, mark),
        limits=ClusterLimits(site_limits(said), limits),
        taken=taken,
        notes=(
            *(() if limits else (_without_limits(accounts, said),)),
            *((f"Slurm's accounting does not answer: {accounting.words}",) if is_silent else ()),
        ),
        accounting=_NO_ACCOUNTING if _keeps_none(said) else _SILENT if is_silent else "",
    )


def _keeps_none(said: Mapping[str, str]) -> bool:
    return said.get("AccountingStorageType", "") in ("", "(null)", "accounting_storage/none")


def _is_silent(section: Section) -> bool:
    """Whether the accounting was asked and did not answer."""
    has_failed = section.code != 0 or "error:" in section.text
    return section.code not in _NOT_ASKED and has_failed


def _without_limits(section: Section, said: Mapping[str, str]) -> str:
    if _keeps_none(said):
        return "The cluster keeps no accounting, so accounts have no limits."
    if section.code == 0:
        return "Slurm shows no account of the bridge's user, and so no limits of accounts."
    return f"Slurm did not report the limits of accounts: {section.words}"
