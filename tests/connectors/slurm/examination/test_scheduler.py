"""Verdicts about clusters that the tests' own is not."""

from dataclasses import replace

import pytest

from connectors.slurm.examination import scheduler
from connectors.slurm.words.examination.scheduler import Scheduler
from connectors.slurm.words.sections import Section
from dssr.seams import Status
from tests.connectors.slurm.words.examination.test_scheduler import shown


def with_config(**changes: str) -> Scheduler:
    """A cluster with another configuration."""
    found = shown()
    return replace(found, config={**found.config, **changes})


def test_an_old_slurm() -> None:
    """A Slurm older than those that are tested is a warning."""
    assert scheduler.slurm(shown(), "bob").status is Status.OK
    assert scheduler.slurm(with_config(SLURM_VERSION="20.11.9"), "bob").status is Status.WARNING


def test_commands_that_are_not_there() -> None:
    """Where Slurm's commands are not on the PATH, the cure is a line for the rc file."""
    missing = {"config": Section("timeout: failed to run command 'scontrol': No such file", 127)}
    found = scheduler.slurm(replace(shown(), config={}, sections=missing), "bob")
    assert (found.status, "export PATH=" in found.cure) == (Status.FAILURE, True)


@pytest.mark.parametrize(
    ("chosen", "status", "words"),
    [
        ("", Status.OK, "batch* (1 of 2 nodes up)"),
        ("one", Status.OK, "one (1 of 1 nodes up, 1 d 30 min)"),
        ("closed", Status.FAILURE, "The partition closed is DOWN"),
        ("nowhere", Status.FAILURE, "There is no partition 'nowhere'"),
    ],
)
def test_partitions(chosen: str, status: Status, words: str) -> None:
    """The partition of the settings, or else the default one, has to take jobs."""
    found = scheduler.partitions(shown(), chosen)
    assert (found.status, words in found.detail) == (status, True)


def test_partitions_without_a_default_or_nodes() -> None:
    """Without a default partition each job has to name one; without nodes no job runs."""
    cluster = shown()
    none = [replace(partition, is_default=False) for partition in cluster.partitions]
    found = scheduler.partitions(replace(cluster, partitions=none), "")
    assert (found.status, "--partition=batch" in found.cure) == (Status.WARNING, True)
    empty = scheduler.partitions(replace(cluster, nodes=()), "")
    assert (empty.status, "state=resume" in empty.cure) == (Status.FAILURE, True)


@pytest.mark.parametrize(
    ("age", "status"), [("300 sec", Status.OK), ("0 sec", Status.OK), ("4 sec", Status.WARNING)]
)
def test_how_long_the_controller_remembers(age: str, status: Status) -> None:
    """A controller has to list an ended job for two of the bridge's looks; 0 is for ever."""
    assert scheduler.min_job_age(with_config(MinJobAge=age), 5.0).status is status


def test_accounting() -> None:
    """Accounting that does not answer fails, one that is late is a warning."""
    answers = replace(shown(), sections={"sacct": Section("", 0)})
    silent = replace(shown(), sections={"sacct": Section("sacct: error: no slurmdbd", 1)})
    assert scheduler.accounting(answers, None, 20.0).detail == "Accounting answers."
    assert "within 3 s" in scheduler.accounting(answers, 2.1, 20.0).detail
    assert scheduler.accounting(answers, 20.0, 20.0).status is Status.WARNING
    assert scheduler.accounting(silent, None, 20.0).status is Status.FAILURE
    assert "no slurmdbd" in scheduler.accounting(silent, None, 20.0).detail
