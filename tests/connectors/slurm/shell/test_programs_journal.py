"""The programs that read and write the journal, in a real shell."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.connectors.slurm.login_node import ABOUT, LoginNode, words

DIRECTORY = f"jobs/2030-01-31/{'0' * 32}.0123456789ab"


def shelves(login: LoginNode) -> Path:
    """Where the shelves of the journal are."""
    return login.home / ".jarvice/state/journal"


def fill(login: LoginNode, *numbers: int) -> None:
    """There are entries with these numbers; their texts are the numbers."""
    for number in numbers:
        shelf = shelves(login) / str(number // 1000)
        shelf.mkdir(parents=True, exist_ok=True)
        (shelf / str(number)).symlink_to(str(number))


def numbers(login: LoginNode) -> list[int]:
    """The numbers of all entries."""
    return sorted(int(link.name) for link in shelves(login).glob("*/*") if link.is_symlink())


def enter(login: LoginNode, taken: int | str, *entries: tuple[str, str, str, str]) -> str:
    """Enter each: its text, directory, mark and answer."""
    flat = [word for entry in entries for word in entry]
    return login.run("enter", "a-word", str(taken), *flat)


def entry(text: str) -> tuple[str, str, str, str]:
    """An entry that is marked nowhere."""
    return text, DIRECTORY, "", ""


@pytest.mark.parametrize("taken", [0, 500, 998, 999])
def test_an_entry_goes_onto_a_new_shelf(login: LoginNode, taken: int) -> None:
    """After entry 999 comes 1000, which begins the next shelf, whatever number was known before."""
    fill(login, *range(1, 1000))
    printed = enter(login, taken, entry("first"), entry("second"))
    assert printed == f"serial 1000 {DIRECTORY}\nserial 1001 {DIRECTORY}\nentered\n"
    assert str((shelves(login) / "1/1000").readlink()) == "first"
    assert numbers(login) == list(range(1, 1002))


def test_numbers_go_on_after_a_purge(login: LoginNode) -> None:
    """An entry has a number above those of a shelf that was removed, and a bridge that knows only
    an old one continues at the newest shelf."""
    fill(login, *range(3000, 3007))
    enter(login, 17, entry("next"))
    assert numbers(login) == list(range(3000, 3008))
    assert login.run("journal", "3006") == "after 3006\n\nnext\n"


def test_bridges_that_enter_at_once(login: LoginNode) -> None:
    """Several bridges that enter at the same time use each number once, without a hole, and each
    entry is there."""
    fill(login, *range(1, 990))
    texts = [f"bridge-{bridge}-{n}" for bridge in range(4) for n in range(10)]
    with ThreadPoolExecutor(4) as pool:
        batches = [[entry(text) for text in texts[n::4]] for n in range(4)]
        list(pool.map(lambda batch: enter(login, 0, *batch), batches))
    assert numbers(login) == list(range(1, 990 + len(texts)))
    found = {str(link.readlink()) for link in shelves(login).glob("*/*") if link.is_symlink()}
    assert set(texts) <= found


def test_the_journal_after_a_number(login: LoginNode) -> None:
    """The entries after a number come in their order, over the end of a shelf, at most 500."""
    fill(login, *range(600, 1400))
    lines = login.run("journal", "899").split("\n")
    assert lines == ["after 899", "", *map(str, range(900, 1400)), ""]
    assert login.run("journal", "1399") == "after 1399\n\n"
    assert login.run("journal", "600").split("\n")[2:-1] == [str(n) for n in range(601, 1101)]
    assert [path.name for path in shelves(login).glob("**/.*")] == []


def test_a_journal_of_which_nothing_is_there(login: LoginNode) -> None:
    """Before the first job the journal is empty, and reading it makes nothing."""
    assert login.run("journal", "0") == "after 0\n\n"
    assert login.run("journal", "whole", "0") == "after whole\n\ndirectories\ncomplete\n"
    assert not shelves(login).exists()


def test_the_whole_journal(login: LoginNode) -> None:
    """All entries come with their numbers, and with the directories of all jobs."""
    assert login.run("submit", *words(), sbatch="echo 77") == "elected 77\n"
    fill(login, 1000)
    head, _, places = login.run("journal", "whole", "0").partition("directories\n")
    place = str(login.job.relative_to(login.home / ".jarvice/state"))
    entries = head.split("\n")[2:-1]
    assert sorted(entries) == [f"1 s {place} 77  {ABOUT}\t{login.output}", "1000 1000"]
    assert places == f"{place}\ncomplete\n"


def test_a_long_journal_is_read_in_parts(login: LoginNode) -> None:
    """An answer has twenty shelves at most, in the order of their numbers, and says with which one
    to go on; the last one has the directories of the jobs."""
    fill(login, *range(1, 45_000, 1000))
    first = login.run("journal", "whole", "0").split("\n")[2:-1]
    assert sorted(first[:-1], key=len) == sorted(
        (f"{n} {n}" for n in range(1, 20_000, 1000)), key=len
    )
    assert first[-1] == "next 20"
    assert login.run("journal", "whole", "20").endswith("\nnext 40\n")
    last = login.run("journal", "whole", "40").split("\n")[2:-1]
    assert sorted(last[:5]) == [f"{n} {n}" for n in range(40_001, 45_000, 1000)]
    assert last[5:] == ["directories", "complete"]


def test_a_submission_is_entered_once(login: LoginNode) -> None:
    """The same submission sent again adds no entry; one that the first process did not enter is
    entered then, as it was submitted first."""
    login.run("submit", *words(), sbatch="echo 77")
    login.run("submit", *words(), sbatch="echo 78")
    assert numbers(login) == [1]
    first = (shelves(login) / "0/1").readlink()
    (shelves(login) / "0/1").unlink()
    (login.job / "entered").unlink()
    later = [*words()]
    later[9] = ABOUT.replace("1.5", "99")
    login.run("submit", *later, sbatch="echo 78")
    assert (shelves(login) / "0/1").readlink() == first


def test_an_end_is_entered_once(login: LoginNode) -> None:
    """The first bridge that knows an end records and enters it; for a later one there is nothing to
    do."""
    login.run("submit", *words(), sbatch="echo 77")
    place = str(login.job.relative_to(login.home / ".jarvice/state"))
    end = ("the end", place, "ended", "COMPLETED|1|")
    assert enter(login, 1, end) == f"serial 2 {place}\nentered\n"
    assert enter(login, 1, end) == "entered\n"
    assert str((login.job / "final").readlink()) == "COMPLETED|1|"
    assert numbers(login) == [1, 2]


def test_another_answer_was_given_before(login: LoginNode) -> None:
    """An end that contradicts the recorded final answer is not entered."""
    login.run("submit", *words(), sbatch="echo 77")
    place = str(login.job.relative_to(login.home / ".jarvice/state"))
    (login.job / "final").symlink_to("FAILED|2|")
    printed = enter(login, 1, ("the end", place, "ended", "COMPLETED|1|"))
    assert printed == f"earlier {place} FAILED|2|\nentered\n"
    assert numbers(login) == [1]
    assert not (login.job / "ended").exists()


def test_a_final_answer_without_a_journal(login: LoginNode) -> None:
    """In another user's directory the answer is recorded, and nothing is entered or marked."""
    login.run("submit", *words(), sbatch="echo 77")
    place = str(login.job.relative_to(login.home / ".jarvice/state"))
    printed = enter(login, "-", ("the end", place, "", "COMPLETED|1|"))
    assert printed == f"serial - {place}\nentered\n"
    assert str((login.job / "final").readlink()) == "COMPLETED|1|"
    assert numbers(login) == [1]


def test_jobs_without_an_entry_are_entered(login: LoginNode) -> None:
    """A job that was submitted is entered with what is in its directory; a refused one, one of an
    unknown outcome, and a directory that is gone are left out."""
    login.run("submit", *words(), sbatch="echo 77")
    place = str(login.job.relative_to(login.home / ".jarvice/state"))
    first = (shelves(login) / "0/1").readlink()
    (shelves(login) / "0/1").unlink()
    places = {}
    for name, elected in (("1", "refused"), ("2", "")):
        places[name] = login.job.with_name(f"{name * 32}.{name * 12}")
        places[name].mkdir()
        (places[name] / "about").write_text(ABOUT)
        if elected:
            (places[name] / "elected").symlink_to(elected)
    others = [f"jobs/day/{path.name}" for path in places.values()]
    assert login.run("enter_missing", "a-word", "0", *others, DIRECTORY, place) == "entered\n"
    assert [link.readlink() for link in (shelves(login) / "0").iterdir()] == [first]


def test_a_job_whose_output_was_removed_is_entered(login: LoginNode) -> None:
    """The entry of a job whose files were removed names the output that it had."""
    login.run("submit", *words(), sbatch="echo 77")
    first = (shelves(login) / "0/1").readlink()
    (shelves(login) / "0/1").unlink()
    (login.job / "output").rename(login.job / "output.removed")
    place = str(login.job.relative_to(login.home / ".jarvice/state"))
    login.run("enter_missing", "a-word", "0", place)
    assert (shelves(login) / "0/1").readlink() == first


def test_a_journal_that_cannot_be_written(login: LoginNode) -> None:
    """A job is submitted also while the journal cannot be written, and entered by the next
    request."""
    shelves(login).parent.mkdir(parents=True)
    shelves(login).symlink_to("/proc/nowhere")
    assert login.run("submit", *words(), sbatch="echo 77") == "elected 77\n"
    assert enter(login, 0, entry("text")).startswith("unwritable ")
    shelves(login).unlink()
    assert login.run("submit", *words(), sbatch="echo 78") == "elected 77\nagain\n"
    assert numbers(login) == [1]


@pytest.mark.parametrize("failing", ["journal", "jobs"])
def test_a_list_that_could_not_be_read_is_not_complete(login: LoginNode, failing: str) -> None:
    """The whole journal ends with "complete" only where both its entries and the directories could
    be read; a directory that is missing is empty."""
    assert login.run("journal", "whole", "0") == "after whole\n\ndirectories\ncomplete\n"
    login.run("submit", *words(), sbatch="echo 77")
    assert login.run("journal", "whole", "0").endswith("complete\n")
    tool = f'#!/bin/sh\n/usr/bin/find "$@"\ncase $1 in */{failing}) exit 1 ;; esac\n'
    (login.home / "bin/find").write_text(tool)
    (login.home / "bin/find").chmod(0o700)
    assert "complete" not in login.run("journal", "whole", "0")


def test_an_entry_that_cannot_be_read_renumbers_none(login: LoginNode) -> None:
    """Where an entry cannot be read, none is printed: those behind it would get its number."""
    fill(login, 1, 2, 3)
    (login.home / "bin/readlink").write_text('#!/bin/sh\n/usr/bin/readlink "$@"\nexit 1\n')
    (login.home / "bin/readlink").chmod(0o700)
    assert login.run("journal", "0").startswith("unwritable ")


def test_a_job_that_is_being_forgotten_is_in_no_list(login: LoginNode) -> None:
    """A directory that the purge has renamed is no job's that lacks its entry."""
    login.run("submit", *words(), sbatch="echo 77")
    login.job.rename(f"{login.job}.gone")
    assert ".gone" not in login.run("journal", "whole", "0")


def test_an_entry_that_cannot_be_made_holds_up_no_other(login: LoginNode) -> None:
    """Where one entry is too long for the file system, those behind it are made. Where none can be
    made, that is an error."""
    too_long = entry("x" * 5000)
    assert enter(login, 0, too_long).startswith("unwritable ")
    assert enter(login, 0, too_long, entry("next")) == f"serial 1 {DIRECTORY}\nentered\n"
    assert str((shelves(login) / "0/1").readlink()) == "next"
