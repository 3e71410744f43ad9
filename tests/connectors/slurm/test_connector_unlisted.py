"""Jobs of this bridge that squeue has never listed: /gc examines them."""

from collections import Counter

import pytest

from connectors.slurm.connector import SlurmConnector
from connectors.slurm.settings import SlurmSettings
from dssr.errors import CommandTimeout, LoginRefused, Unavailable
from tests.connectors.slurm.scripted_node import Node, submit
from tests.end_to_end.service import eventually


def test_unlisted_jobs_have_one_deadline_together(node: Node) -> None:
    """Unlisted jobs have one deadline together: what is left is examined the next time, and each is
    explained once."""
    connector = SlurmConnector(SlurmSettings(answer_timeout=1.0), node)
    refs = submit(connector, 30)
    node.slow = 0.05
    connector.ping()
    assert len(node.examined) <= 10  # in half a second
    node.slow = 0.0

    def examined() -> int:
        connector.ping()
        return len(node.examined)

    eventually(examined, lambda count: count >= len(refs))
    connector.ping()
    assert Counter(node.examined) == Counter(ref.native_id for ref in refs)


def test_a_job_whose_end_only_accounting_knows(node: Node, connector: SlurmConnector) -> None:
    """A job that accounting shows as ended is not a hidden one, and the cluster is well."""
    silent, other = submit(connector, 2)
    lost = "sacct error: Connection refused\naccounting 1\nmissing 1000\nnow 2000"
    node.ends[silent.native_id] = f"squeue slurm_load_jobs error: Invalid job id specified\n{lost}"
    connector.snapshot()
    connector.ping()
    assert node.examined == [silent.native_id, other.native_id]
    with pytest.raises(Unavailable, match="accounting does not answer"):
        connector.result(silent)


def test_a_job_that_ended_before_the_first_query(node: Node, connector: SlurmConnector) -> None:
    """A job is not hidden while nothing shows how it ended; it is hidden if Slurm shows it to its
    owner alone."""
    over, hidden = (ref.native_id for ref in submit(connector, 2))
    node.ends[over] = (
        "squeue slurm_load_jobs error: Invalid job id specified\nmissing 1990\nnow 2000"
    )
    node.ends[hidden] = f"squeue {hidden}|RUNNING|1:00|1795600800|None|1795600740|/batch\nnow 2000"
    connector.snapshot()
    with pytest.raises(Unavailable, match=f"Job {hidden} .* shows it nowhere.*PrivateData"):
        connector.ping()
    assert node.examined == [over, hidden]


def test_a_job_whose_end_was_reported(node: Node, connector: SlurmConnector) -> None:
    """An unlisted job whose end was reported is not examined again."""
    reported, other = submit(connector, 2)
    connector.snapshot()
    assert connector.result(reported) is not None
    connector.ping()
    assert node.examined == [reported.native_id, other.native_id]


def test_a_login_node_that_does_not_say(node: Node, connector: SlurmConnector) -> None:
    """The cluster is not well when the first job cannot be examined; a later job that cannot comes
    first the next time."""
    first, second = submit(connector, 2)
    node.refusing = {second.native_id: CommandTimeout}
    connector.ping()
    assert node.examined == [first.native_id, second.native_id]
    with pytest.raises(CommandTimeout, match=f"no {second.native_id}"):
        connector.ping()


def test_an_owner_who_is_not_let_in(node: Node, connector: SlurmConnector) -> None:
    """A refused login of one owner does not mean that the cluster is silent; that owner's job is
    examined last the next time."""
    first, second, third = (ref.native_id for ref in submit(connector, 3))
    node.refusing = {first: LoginRefused, second: CommandTimeout}
    connector.ping()
    node.refusing = {first: LoginRefused}
    connector.ping()
    assert node.examined == [first, second, second, third, first]
