"""What the program collects that explains a job's state."""

from connectors.slurm.words.sections import Section, sections
from tests.connectors.slurm.login_node import LoginNode, words

MARK = "0123456789abcdef"


def collected(login: LoginNode, *questions: str, scontrol: str) -> tuple[str, dict[str, Section]]:
    """What it prints before the sections, and the sections. The question ``job`` runs that
    scontrol."""
    tool = login.home / "bin/scontrol"
    tool.write_text(f"#!/bin/sh\n{scontrol}\n")
    tool.chmod(0o700)
    asked = ("job", "4", "scontrol", "show", "job", "77", *questions)
    head, _, rest = login.run("explain", "77", "3", MARK, *asked).partition("\n\n")
    return head, dict(sections(f"\n{rest}", MARK))


def shows(command: str) -> str:
    """A controller that shows the job 77 with that batch script."""
    return f"printf 'JobId=77 JobName=x\\n   Command=%s token\\n' \"{command}\""


def test_each_question_keeps_its_own_words(login: LoginNode) -> None:
    """The words of a question reach its command as they are, and no other command."""
    login.run("submit", *words(), sbatch="echo 77")
    one = ("one", "4", "printf", "<%s>", "a  b", "$(id)'\n\"*")
    two = ("two", "3", "printf", "<%s>", "")
    head, found = collected(login, *one, *two, scontrol=shows(f"{login.job}/batch.1.job"))
    assert head == "found"
    assert found["one"] == Section("<a  b><$(id)'\n\"*>", 0)
    assert found["two"] == Section("<>", 0)
    assert found["job"].text.startswith("JobId=77 JobName=x")


def test_the_record_and_the_cancellation_come_first(login: LoginNode) -> None:
    """The job's record and the mark of its cancellation are there, whatever Slurm says."""
    login.run("submit", *words(), sbatch="echo 77")
    (login.job / "record").write_text("exit=1\nstep=127\n")
    (login.job / "cancelled").symlink_to("1795753545")
    head, found = collected(login, scontrol="echo slurm_load_jobs error: no; exit 1")
    assert head.split("\n") == ["found", "record exit=1", "record step=127", "cancelled 1795753545"]
    assert found["job"] == Section("slurm_load_jobs error: no\n", 1)


def test_another_job_with_the_same_id_is_not_shown(login: LoginNode) -> None:
    """After a reset of Slurm's ids the controller shows a stranger's job: nothing of it is
    shown."""
    login.run("submit", *words(), sbatch="echo 77")
    _, found = collected(login, scontrol=shows("/home/x/.jarvice/state/jobs/d/t/batch.1.job"))
    assert found["job"].text.strip() == "Invalid job id: 77 is another job's now"


def test_a_silent_command_does_not_keep_the_others(login: LoginNode) -> None:
    """A command without an answer is ended, and the next question is asked."""
    login.run("submit", *words(), sbatch="echo 77")
    _, found = collected(login, "last", "2", "echo", "here", scontrol="exec sleep 60")
    assert (found["job"].code, found["job"].words) == (124, "no answer in time")
    assert found["last"].text == "here\n"


def test_a_job_that_was_never_submitted(login: LoginNode) -> None:
    """Nothing is asked about it."""
    assert login.run("explain", "78", "3", MARK, "job", "1", "true") == "no_job\n"
