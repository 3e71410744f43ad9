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
        partition = job.resources.partition if job.resources else ""
        return (
            (
                self.name in job.ref.name.lower()
                or self.name in job.ref.native_id.lower()
                or self.name in job.id.lower()
            )
            and self.partition in partition.lower()
            and self.user in job.owner.lower()
        )


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
