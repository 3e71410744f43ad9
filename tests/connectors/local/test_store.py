"""The state directory: the order of final states, callers' keys, and what is forgotten."""

from pathlib import Path

import pytest

from connectors.local import files
from connectors.local.folder import Folder, LocalJob, Record
from connectors.local.store import Store
from dssr.job import JobSpec, JobState
from dssr.record import About


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty state directory."""
    store = Store(tmp_path)
    store.prepare()
    return store


def ended_job(store: Store, number: int, ended: float = 0.0, *, keeps_files: bool = True) -> Folder:
    """A job that has a record, and is still among the active ones."""
    spec = JobSpec("job", number, 1, "source", "script", idempotency=f"key-{number}")
    folder = store.new_folder()
    job = LocalJob(
        name="job",
        number=number,
        cores=1,
        walltime=None,
        plain=True,
        argv=("true",),
        directory=f"{folder.path}/directory",
        output=f"{folder.path}/output",
        cwd="/",
        submitted=0.0,
        idempotency=spec.idempotency,
        about=About(keeps_files=keeps_files),
    )
    folder.write_job(job, "", held=False)
    store.enlist(folder, spec)
    folder.write_record(Record(JobState.COMPLETED, 0, ended))
    return folder


def order(store: Store, after: int = 0) -> list[tuple[int, str]]:
    """The final states: serial number, native id."""
    return [(serial, folder.native_id) for serial, folder in store.ends(after)]


def test_final_states_are_in_the_order_in_which_they_were_written_down(store: Store) -> None:
    """The first end that is written down has the lowest serial number; a second time changes
    nothing."""
    one, two = ended_job(store, 1), ended_job(store, 2)
    for folder in (two, one, two):
        store.close(folder)
    assert order(store) == [(1, two.native_id), (2, one.native_id)]
    assert order(store, 1) == [(2, one.native_id)]
    assert store.active() == []


def test_a_crash_between_number_and_end_gives_the_number_to_no_other_job(store: Store) -> None:
    """A job whose serial number was taken and not used gets a new one."""
    one, two = ended_job(store, 1), ended_job(store, 2)
    files.write(store.root / "last-end", b"1")
    one.write_serial(1)
    store.close(two)
    store.close(one)
    assert order(store) == [(2, two.native_id), (3, one.native_id)]


def test_a_crash_after_the_end_was_written_down_does_not_repeat_it(store: Store) -> None:
    """A job that is still among the active ones keeps its serial number."""
    folder = ended_job(store, 1)
    store.close(folder)
    files.create(store.root / "active" / folder.native_id)
    store.close(folder)
    assert order(store) == [(1, folder.native_id)]
    assert store.active() == []


def test_serial_numbers_are_not_used_again(store: Store) -> None:
    """A job that ends after all others were forgotten has a higher serial number than theirs."""
    old = ended_job(store, 1)
    store.close(old)
    store.purge(1.0)
    assert order(store) == []
    new = ended_job(store, 2)
    store.close(new)
    assert order(store) == [(2, new.native_id)]


def test_a_job_that_keeps_its_files_is_forgotten_after_its_end(store: Store) -> None:
    """What ended before the given time is forgotten, with its name, its key and its directory;
    what keeps no files and was not cleaned is kept."""
    early, late, legacy = (
        ended_job(store, 1, 10.0),
        ended_job(store, 2, 30.0),
        ended_job(store, 3, 10.0, keeps_files=False),
    )
    store.purge(20.0)
    assert [folder.native_id for folder in store.submitted()] == [
        legacy.native_id,
        late.native_id,
    ]
    assert not early.path.exists()
    assert store.keyed("key-1") is None
    assert store.holder(JobSpec("job", 1, 1, "", "").ref, 0.0) is None
    kept = store.keyed("key-2")
    assert kept is not None
    assert kept[0].native_id == late.native_id


def test_a_key_of_a_submission_that_broke_off_is_free(store: Store) -> None:
    """A key that leads to a job that does not exist leads nowhere."""
    folder = ended_job(store, 1)
    store.strike(folder)
    (folder.path / "record").unlink()
    assert store.keyed("key-1") is None
    assert store.keyed("") is None
