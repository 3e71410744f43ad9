"""Slurm's limit reasons, taken apart: whose limit it is, on what, and over what. Pure.

Slurm builds these words from parts (``QOS`` ``Max`` ``GRES`` ``PerUser``), for each kind of
resource that it can track, so each part has its phrase here and every word gets a sentence of its
own. Sources: Slurm's pages "Job Reason Codes" and "Resource Limits", sacctmgr(1).
"""

import re
from dataclasses import dataclass

# The word in the reason -> what many and one are called, and how its name begins among the
# trackable resources (TRES).
_RESOURCES = {
    "cpu": ("cores", "core", "cpu"),
    "mem": ("memory", "memory", "mem"),
    "memory": ("memory", "memory", "mem"),
    "node": ("nodes", "node", "node"),
    "gres": ("GPUs (or other generic resources)", "GPU (or other generic resource)", "gres/"),
    "license": ("licences", "licence", "license/"),
    "bb": ("burst buffer space", "burst buffer", "bb/"),
    "energy": ("energy", "energy", "energy"),
    "billing": ("billing units", "billing unit", "billing"),
    "unknown": ("units of a resource without a name", "resource", ""),
}
_UNCOUNTED = ("memory", "energy", "burst buffer space")
_PARTS = re.compile(
    r"(Assoc|QOS|)(Grp|Max|Min)"
    r"(SubmitJobs?|Jobs?|Wall(?:Duration)?|"
    r"CPU|Cpu|Memory|Mem|Node|GRES|License|BB|Energy|Billing|Unknown)"
    r"(RunMinutes|RunMins|Minutes|)(?:Per(Job|Node|User|Account)|)(?:Limit|NotSatisfied|)"
)
_SPANS = {"": "", "Minutes": "Mins", "RunMinutes": "RunMins", "RunMins": "RunMins"}
_PER = {"Job": "PJ", "Node": "PN", "User": "PU", "Account": "PA", "": ""}
_OWNERS = {"Assoc": "the account (or this user's share of it)", "QOS": "the QOS"}
_RAISE = {
    "Assoc": "the operator can raise the limit of the association (sacctmgr).",
    "QOS": "the operator can raise the limit of the QOS (sacctmgr).",
}


@dataclass(frozen=True)
class Limit:
    """One limit, and where ``scontrol show assoc_mgr`` shows it.

    ``record``: Assoc or QOS. ``key``: the limit's name there. ``tres``: how the resource's name
    begins there, empty where the limit is one number. ``unit``: what is counted.
    """

    record: str
    key: str
    tres: str
    unit: str
    sentence: str
    cure: str


def limit_of(reason: str) -> Limit | None:
    """What the reason word says about a limit; ``None`` where it names none.

    A word that is built from the same parts is understood, although no Slurm so far has it.
    """
    match = _PARTS.fullmatch(reason)
    if not match or (match[2] == "Max" and not match[1] and not match[5]):
        return None
    record, kind, resource, minutes, per = match.groups(default="")
    record = record or "QOS"
    if resource.startswith(("Job", "SubmitJob")):
        return _of_jobs(record, kind, resource, per)
    if resource.startswith("Wall"):
        return _of_walltime(record, kind)
    return _of_resource(record, kind, resource, minutes, per)


def _of_jobs(record: str, kind: str, resource: str, per: str) -> Limit:
    submitted = resource.startswith("Submit")
    per = per or ("User" if kind == "Max" else "")
    key = f"{kind}{'SubmitJobs' if submitted else 'Jobs'}{_PER[per] if record == 'QOS' else ''}"
    which = "may wait or run at a time" if submitted else "may run at a time"
    whose = {"Account": "one account's", "User": "one user's", "": "its"}[per]
    return Limit(
        record,
        key,
        "",
        "jobs",
        f"{_owner(record)} limits how many of {whose} jobs {which}, and the limit is reached.",
        f"Wait until one of those jobs ends, or cancel one; {_RAISE[record]}",
    )


def _of_walltime(record: str, kind: str) -> Limit:
    if kind == "Grp":
        sentence = "limits the walltime that all its jobs may use together, and it is used up."
        said = f"{_owner(record)} {sentence}"
        return Limit(record, "GrpWall", "", "walltime", said, _spend_less(record))
    return Limit(
        record,
        "MaxWallPJ",
        "",
        "walltime of one job",
        f"The job's time limit is longer than {_OWNERS[record]} allows for one job.",
        f"Submit it again with a shorter time limit (--time); {_RAISE[record]}",
    )


def _of_resource(record: str, kind: str, resource: str, minutes: str, per: str) -> Limit:
    many, one, tres = _RESOURCES[resource.lower()]
    key = f"{kind}TRES{_SPANS[minutes]}{'PJ' if kind == 'Min' else _PER[per]}"
    unit = f"{one}-minutes" if minutes else many
    if kind == "Min":
        sentence, cure = _too_little(record, unit)
    elif per in ("Job", "Node"):
        sentence, cure = _too_much(record, unit, per)
    elif _SPANS[minutes] == "Mins":
        sentence, cure = _budget(record, unit)
    else:
        sentence, cure = _shared(record, unit, minutes != "", per)
    return Limit(record, key, tres, unit, sentence, cure)


def _too_little(record: str, unit: str) -> tuple[str, str]:
    return (
        f"The job asks for {_fewer(unit)} {unit} than {_OWNERS[record]} requires.",
        f"Submit it again with more {unit}, or with another QOS (--qos).",
    )


def _too_much(record: str, unit: str, per: str) -> tuple[str, str]:
    where = "on one node" if per == "Node" else "for one job"
    times = " (amount times time limit)" if unit.endswith("-minutes") else ""
    return (
        f"The job asks for more {unit}{times} than {_OWNERS[record]} allows {where}.",
        f"Submit it again with {_fewer(unit)} {unit}; {_RAISE[record]}",
    )


def _budget(record: str, unit: str) -> tuple[str, str]:
    return (
        f"{_owner(record)} has a budget of {unit} for all its jobs, past ones included, and what "
        "is left of it does not cover this job.",
        _spend_less(record),
    )


def _shared(record: str, unit: str, ahead: bool, per: str) -> tuple[str, str]:
    whose = {"User": "one user's running jobs", "Account": "one account's running jobs"}
    verb = "may have before them" if ahead else "may use"
    return (
        f"{_owner(record)} limits the {unit} that {whose.get(per, 'its running jobs')} {verb} "
        "together, and this job would exceed the limit.",
        f"Wait until some of those jobs end, or ask for {_fewer(unit)} {unit}; {_RAISE[record]}",
    )


def _spend_less(record: str) -> str:
    return (
        "Ask for a shorter time limit or for less, or wait until the recorded usage decays; "
        f"{_RAISE[record]}"
    )


def _fewer(unit: str) -> str:
    return "less" if unit in _UNCOUNTED else "fewer"


def _owner(record: str) -> str:
    return f"T{_OWNERS[record][1:]}"
