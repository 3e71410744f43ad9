"""``scontrol show config`` and ``scontrol -o show assoc_mgr`` -> the limits that concern users.
Pure."""

import re
from collections.abc import Mapping

from connectors.slurm.words.fields import fields
from connectors.slurm.words.states import time_of

_SITE = (
    "MaxJobCount", "MaxArraySize", "MaxStepCount", "MaxTasksPerNode", "MaxMemPerCPU",
    "MaxMemPerNode", "DefMemPerCPU", "DefMemPerNode", "EnforcePartLimits", "KillWait",
    "OverTimeLimit", "MaxBatchRequeue", "InactiveLimit",
)  # fmt: skip
# slurm.conf(5), SchedulerParameters: limits among the options of the scheduler.
_SCHEDULER = ("max_array_tasks", "max_script_size", "max_submit_line_size", "bf_max_job_user")
_NO_LIMIT = ("", "(null)", "N/A", "UNLIMITED", "NONE", "no", "NO")
_LIMIT = re.compile(r"(?:Grp|Max|Min)\w+", re.ASCII)
_USED = re.compile(r"\([^()]*\)")


def config(text: str) -> Mapping[str, str]:
    """``Key = value``, the first of each key."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        key, separator, value = line.partition("=")
        if separator:
            found.setdefault(key.strip(), value.strip())
    return found


def site_limits(said: Mapping[str, str]) -> Mapping[str, str]:
    """By Slurm's own names; what is not limited is left out."""
    limits = {key: said[key] for key in _SITE if said.get(key, "") not in _NO_LIMIT}
    options = dict(
        part.split("=", 1) for part in _parts(said.get("SchedulerParameters", "")) if "=" in part
    )
    return limits | {key: options[key] for key in _SCHEDULER if key in options}


def account_limits(text: str) -> Mapping[str, Mapping[str, str]]:
    """The limits of the accounts that the asking user may use, and of the accounts above these.

    The keys are ``ACCOUNT``, and ``ACCOUNT/USER`` or ``ACCOUNT/USER/PARTITION`` where the user has
    limits that the account has not. The text has the records of all accounts, and of the user.
    """
    records = [fields(line) for line in text.splitlines() if line.startswith("ClusterName=")]
    accounts = {said["Account"]: said for said in records if not said.get("UserName")}
    found: dict[str, Mapping[str, str]] = {}
    for said in records:
        if user := said.get("UserName", "").partition("(")[0]:
            account = said["Account"]
            for above in _lineage(account, accounts):
                limits = _limits(accounts[above])
                if limits or above == account:
                    found[above] = limits
            own = {k: v for k, v in _limits(said).items() if found.get(account, {}).get(k) != v}
            if own:
                found["/".join(filter(None, (account, user, said.get("Partition"))))] = own
    return found


def _lineage(account: str, accounts: Mapping[str, Mapping[str, str]]) -> list[str]:
    """The account and those above it, as far as they are shown."""
    found: list[str] = []
    while account in accounts and account not in found:
        found.append(account)
        account = accounts[account].get("ParentAccount", "").partition("(")[0]
    return found


def _limits(said: Mapping[str, str]) -> dict[str, str]:
    shown = {key: _value(key, value) for key, value in said.items() if _LIMIT.fullmatch(key)}
    return {key: value for key, value in shown.items() if value}


def _value(key: str, value: str) -> str:
    """``cpu=4(1),mem=N(0)`` -> ``cpu=4``: the limits without what is in use. Minutes of walltime
    as Slurm writes times elsewhere."""
    parts = [_USED.sub("", part) for part in _parts(value)]
    kept = ",".join(part for part in parts if part.rpartition("=")[2] not in ("N", ""))
    return time_of(int(float(kept)) * 60) if kept and "Wall" in key else kept


def _parts(value: str) -> list[str]:
    return [part for part in value.split(",") if part]
