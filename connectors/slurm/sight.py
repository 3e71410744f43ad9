"""What the service user may see of other users' jobs, and what an operator can do about what is hidden. Pure."""

from collections.abc import Mapping, Sequence

_ABOVE = ("operator", "administrator")


def sees_all(lines: Mapping[str, Sequence[str]]) -> bool:
    """Whether Slurm hides no jobs from whoever ran the program ``sight``, whose lines these are, by their first word."""
    private = [value.lower() for source in ("controller", "accounting") for value in lines.get(source, ())]
    level = " ".join(lines.get("level", ())).lower()
    return any(word in level for word in _ABOVE) or ("controller" in lines and not any("jobs" in value for value in private))


def cure(user: str) -> str:
    """What makes all jobs visible to the service user (slurm.conf(5) and sacctmgr(1))."""
    return (
        f"If PrivateData holds 'jobs' in slurm.conf or slurmdbd.conf, make {user!r} coordinator of every account that the "
        f"jobs run under (sacctmgr add coordinator account=ACCOUNT names={user}), or operator of the cluster (sacctmgr modify "
        f"user name={user} set adminlevel=Operator). Without accounting neither exists: take 'jobs' out of PrivateData in "
        "slurm.conf, and call scontrol reconfigure."
    )
