"""Which jobs the table of a page shows: its filter is in the URL, and a part of a word is enough.
static/all_jobs.js filters by the same rules. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from dssr.jobs.index import GROUPS, Wanted
from dssr.jobs.states import ACTIVE, ENDED
from dssr.record import JobRecord

FILTERS = ("state", "name", "partition", "user")
STATES = (*GROUPS, *ACTIVE, *ENDED)
_LONGEST = 200  # characters of a word


@dataclass(frozen=True, kw_only=True)
class Sought(Wanted):
    """Jobs whose words have these parts, in capitals or not. ``name``: or whose id has."""

    def includes(self, job: JobRecord) -> bool:
        """Whether the table shows the job. Its state is looked at elsewhere, where there is one."""
        if self.name and self.name not in f"{job.ref.name}\n{job.ref.native_id}\n{job.id}".lower():
            return False
        if self.user and self.user not in job.owner.lower():
            return False
        partition = job.resources.partition if job.resources else ""
        return not self.partition or self.partition in partition.lower()


def chosen_of(query: Mapping[str, str]) -> Mapping[str, str]:
    """The filter of a query string: a word for each of ``FILTERS``, which may be empty."""
    return {name: query.get(name, "").strip()[:_LONGEST] for name in FILTERS}


def sought(chosen: Mapping[str, str]) -> Sought:
    """What the filter lets through. A state that there is not is none."""
    state = chosen["state"]
    return Sought(
        states=GROUPS.get(state, frozenset({state}) if state in STATES else frozenset()),
        name=chosen["name"].lower(),
        partition=chosen["partition"].lower(),
        user=chosen["user"].lower(),
    )
