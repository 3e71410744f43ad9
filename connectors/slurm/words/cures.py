"""What sbatch says when it refuses a job that does nothing -> what an operator can do. Pure."""

OPTIONS = "JARVICE_SLURM_CHECK_OPTIONS"
# By a part of sbatch's sentence.
_CURES = {
    "node configuration": "All nodes of the partition are down, drained or too small: 'sinfo -R' "
    "says why.",
    "inactive or drain": "The partition takes no jobs: 'scontrol update partitionname=NAME "
    "state=up' changes that.",
    "ccount": "Give {user} a default account (sacctmgr modify user {user} set "
    "defaultaccount=NAME); or, if each job names its own, name one for this check: "
    f"{OPTIONS}=account=NAME.",
    "artition": "Give the cluster a default partition (Default=YES in slurm.conf); or, if each job "
    f"names its own, name one for this check: {OPTIONS}=partition=NAME.",
}
_OTHER = (
    f"Change that in Slurm; or, if each job has an option that helps, set {OPTIONS} to that "
    "option, such as qos=NAME."
)


def cure(said: str, user: str) -> str:
    """What helps against this refusal."""
    return next((cure for part, cure in _CURES.items() if part in said), _OTHER).format(user=user)


def is_about_the_account(said: str) -> bool:
    """Whether another account may help."""
    return "ccount" in said or "imit" in said
