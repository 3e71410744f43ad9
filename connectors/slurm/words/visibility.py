"""What the service user may see of other users' jobs, and what an operator can do about what is
hidden. Pure."""

from collections.abc import Mapping, Sequence

Lines = Mapping[str, Sequence[str]]  # those of the program ``visibility``, by their first word

_ABOVE = ("operator", "administrator")


def sees_all(lines: Lines) -> bool:
    """Whether it is certain that Slurm hides no jobs from the user who ran the program."""
    return _is_above(lines) or (
        "controller" in lines
        and not _hides(lines, "controller")
        and not _hides(lines, "accounting")
    )


def sees_nothing(lines: Lines) -> bool:
    """Whether it is certain that squeue shows that user only their own jobs. A coordinator sees
    those of their accounts."""
    user = lines.get("user", [""])[0]
    if user in ("root", *lines.get("slurm", ())):
        return False
    return (
        _hides(lines, "controller")
        and "level" in lines
        and not _is_above(lines)
        and not any(lines.get("coordinates", ()))
    )


def _is_above(lines: Lines) -> bool:
    level = " ".join(lines.get("level", ())).lower()
    return any(word in level for word in _ABOVE)


def _hides(lines: Lines, source: str) -> bool:
    return any("jobs" in value.lower() for value in lines.get(source, ()))


def cure(user: str) -> str:
    """What makes all jobs visible to the service user (slurm.conf(5) and sacctmgr(1))."""
    return (
        f"If PrivateData holds 'jobs' in slurm.conf or slurmdbd.conf, make {user!r} coordinator of "
        f"every account that the "
        f"jobs run under (sacctmgr add coordinator account=ACCOUNT names={user}), or operator of "
        f"the cluster (sacctmgr modify "
        f"user name={user} set adminlevel=Operator). Without accounting neither exists: take "
        f"'jobs' out of PrivateData in "
        "slurm.conf, and call scontrol reconfigure."
    )
