"""Records of jobs that belong to users of the cluster: the journal is the service user's, and each
job's directory its owner's."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from connectors.slurm.connector import SlurmConnector
from dssr.errors import Conflict, Denied, NotFound, Unavailable
from dssr.job import JobRef, JobSpec, JobState
from dssr.record import JobRecord
from dssr.testing.harness import LAUNCH
from tests.cluster import Cluster
from tests.connectors.slurm.conftest import Begin
from tests.connectors.slurm.owned import USERS, job, owner_of, submit
from tests.connectors.slurm.people import People
from tests.end_to_end.service import eventually

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]
JOURNAL = "/home/jarvice/.jarvice/state/journal"


def kept(owner: str, script: str, **fields: Any) -> JobSpec:
    """A job of the API for people."""
    own = {"keeps_files": True, "by_exit_code": True, "plain": True}
    return replace(job(owner, f"#!/bin/bash\n{script}\n"), **(own | fields))


def listed(connector: SlurmConnector, ref: JobRef) -> JobRecord | None:
    """The job's record in the list."""
    return next((each for each in connector.records().jobs if each.ref == ref), None)


def is_running(connector: SlurmConnector, ref: JobRef) -> bool:
    """Whether the list shows that the job runs."""
    found = listed(connector, ref)
    return found is not None and found.state is JobState.RUNNING


def over(connector: SlurmConnector, ref: JobRef) -> JobRecord:
    """The job's record after its end."""

    def look() -> JobRecord | None:
        found = listed(connector, ref)
        return found if found and found.is_final else None

    found = eventually(look)
    assert found is not None
    return found


def test_the_records_of_all_owners_are_in_one_journal(site: Cluster, begin: Begin) -> None:
    """Jobs of two owners and of the service user are in one list and one order of ends, with their
    owners, for every bridge; only the service user can write to the journal."""
    connector = begin()
    scripts = {"alice": "exit 0", "bob": "exit 3", "": "exit 0"}
    refs = {user: submit(connector, kept(user, text)) for user, text in scripts.items()}
    found = {user: over(connector, ref) for user, ref in refs.items()}
    assert {user: (each.owner, each.exit_code) for user, each in found.items()} == {
        "alice": ("alice", 0),
        "bob": ("bob", 3),
        "": ("jarvice", 0),
    }
    other = begin()
    assert {user: over(other, ref) for user, ref in refs.items()} == found
    assert {end.job.id for end in other.ends(0)} >= {each.id for each in found.values()}
    mine = [end for end in other.ends(0) if end.job.ref in refs.values()]
    assert mine == [end for end in connector.ends(0) if end.job.ref in refs.values()]
    assert owner_of(site, JOURNAL) == "jarvice"
    assert site.run("login", ["ls", JOURNAL], user="alice").returncode != 0


def test_an_owner_has_the_files_of_their_jobs(site: Cluster, begin: Begin) -> None:
    """Output, script and working directory of a job are its owner's, and are read as the owner by a
    bridge that was started later."""
    refs = {user: submit(begin(), kept(user, "id -un; pwd; echo >made")) for user in USERS}
    connector = begin()
    found = {user: over(connector, ref) for user, ref in refs.items()}
    parts = connector.read_outputs(dict.fromkeys(refs.values(), 0), 1000)
    for user, record in found.items():
        place = record.about.working_directory
        assert parts[refs[user]].data.decode() == f"{user}\n{place}\n"
        assert parts[refs[user]].is_complete
        assert record.output_bytes == parts[refs[user]].size
        assert b"id -un" in connector.script(record.id)
        assert owner_of(site, f"{place}/made") == user


def test_a_job_is_held_and_checked_as_its_owner(begin: Begin) -> None:
    """A job is held, released and examined under the account of its owner."""
    connector = begin()
    spec = kept("alice", "true", options=(("begin", "now+1hour"),))
    assert connector.check(spec, LAUNCH).warnings == []
    ref = submit(connector, spec)
    connector.hold(ref)
    held = eventually(lambda: (found := listed(connector, ref)) and found.is_held)
    assert held
    connector.release(ref)
    assert eventually(lambda: (found := listed(connector, ref)) and not found.is_held)
    connector.cancel(ref)
    assert over(connector, ref).state is JobState.CANCELLED
    with pytest.raises(Conflict):
        connector.hold(ref)
    with pytest.raises(Denied):
        connector.check(kept("mallory", "true"), LAUNCH)


def test_each_owner_has_keys_of_their_own(begin: Begin) -> None:
    """The same key of two owners is two keys, and each of them is one job."""
    digest, connector = "ab" * 16, begin()
    specs = {user: kept(user, "true", idempotency=digest) for user in USERS}
    refs = {user: submit(connector, spec) for user, spec in specs.items()}
    assert len(set(refs.values())) == 2
    for user, spec in specs.items():
        again = begin().submit(spec, LAUNCH)
        assert (again.again, again.native_id) == (True, refs[user].native_id)
        with pytest.raises(Conflict, match="Idempotency-Key"):
            begin().submit(replace(spec, source="another"), LAUNCH)


def test_an_owner_who_is_mapped_no_more(begin: Begin, people: People) -> None:
    """The jobs of an owner who is not mapped any more stay in the list; what needs their account is
    unavailable, with the reason, and other owners' jobs are as before."""
    connector = begin()
    refs = {user: submit(connector, kept(user, "echo out; sleep 600")) for user in USERS}
    eventually(lambda: all(is_running(connector, ref) for ref in refs.values()))
    key = people.keys.pop("bob")
    try:
        for reader in (connector, begin()):
            # A bridge that was started later knows of this owner from the journal.
            eventually(partial(is_running, reader, refs["bob"]))
            found = listed(reader, refs["bob"])
            assert found is not None
            assert found.owner == "bob"
            for order in (reader.hold, reader.cancel):
                with pytest.raises(Unavailable, match="mapping of users"):
                    order(refs["bob"])
            with pytest.raises(Unavailable, match="mapping of users"):
                reader.script(found.id)
            with pytest.raises(Unavailable, match="mapping of users"):
                reader.read_outputs({refs["bob"]: 0}, 1000)
            parts = reader.read_outputs(dict.fromkeys(refs.values(), 0), 9)
            assert parts.keys() == {refs["alice"]}
        connector.cancel(refs["alice"])
        assert over(connector, refs["alice"]).state is JobState.CANCELLED
    finally:
        people.keys["bob"] = key
    connector.cancel(refs["bob"])
    assert over(connector, refs["bob"]).state is JobState.CANCELLED


def test_a_crash_before_the_entry(
    site: Cluster, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job of an owner whose submission did not reach the journal is entered by the next bridge
    that sees it in squeue."""
    monkeypatch.setattr("connectors.slurm.shell.journal.Journal.enter_other", lambda *_: None)
    labels = (("it's", 'a "label" \\ n'),)
    ref = submit(begin(), kept("alice", "sleep 600", labels=labels))
    monkeypatch.undo()
    connector = begin()
    found = eventually(lambda: listed(connector, ref))
    assert found is not None
    assert (found.owner, found.about.labels) == ("alice", labels)
    assert eventually(lambda: listed(begin(), ref))
    connector.cancel(ref)
    assert over(connector, ref).state is JobState.CANCELLED


def test_the_end_of_a_bridge_between_answer_and_entry(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An end that is recorded in the owner's directory and not in the journal is entered by another
    bridge, with the recorded answer."""
    doomed = begin()
    ref = submit(doomed, kept("alice", "exit 4"))
    original = type(doomed._records.journal)._enter

    def enter(self: Any, call: Any, number: str, entries: Any) -> frozenset[str]:
        if number == "-":
            return original(self, call, number, entries)
        raise Unavailable("The bridge has ended.")

    monkeypatch.setattr(type(doomed._records.journal), "_enter", enter)
    assert doomed.result is not None
    eventually(lambda: doomed.records() and doomed._records._settler._silent)
    monkeypatch.undo()
    found = over(begin(), ref)
    assert (found.state, found.exit_code) == (JobState.FAILED, 4)


def test_an_unknown_id_is_nobodys(begin: Begin) -> None:
    """An id that no owner has is not found."""
    with pytest.raises(NotFound):
        begin().record("20300131-0123456789ab")
