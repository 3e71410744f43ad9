"""What a job asks of one machine."""

import time
from typing import Any

import pytest

from connectors.local.options import ALWAYS_SO, OBEYED, OURS, Asked, Machine, asked, exported
from connectors.shared.directives import output_notice
from connectors.shared.options import OPTIONS
from dssr.errors import BadRequest, RefusedRequest
from dssr.job import JobSpec

MACHINE = Machine(cores=8, memory_mb=16_000)
NOW = time.mktime((2030, 5, 17, 12, 0, 0, 0, 0, -1))
HOUR = 3600.0


def plain(*lines: str, **fields: Any) -> Asked:
    """What a plain script with these directives asks for."""
    script = "\n".join(("#!/bin/sh", *(f"#SBATCH {line}" for line in lines), "true\n"))
    base: dict[str, Any] = {"name": "job", "number": 1, "nodes": 1, "plain": True}
    return asked(JobSpec(**(base | {"source": script, "script": script} | fields)), MACHINE, NOW)


def upstream(*options: tuple[str, str], **fields: Any) -> Asked:
    """What an upstream's job of two cores with these devices asks for."""
    base: dict[str, Any] = {"name": "job", "number": 1, "nodes": 1, "source": "", "script": ""}
    return asked(JobSpec(**(base | {"cores": 2, "options": options} | fields)), MACHINE, NOW)


def test_a_script_without_directives() -> None:
    """A script without directives asks for one core, no time limit, an immediate start and the
    whole environment."""
    assert plain() == Asked(1, None, False, 0.0, "", "ALL")


# The whole table: each option that sbatch has, and whether it is obeyed, true of every job, without
# effect, or refused.
@pytest.mark.parametrize("name", sorted(OPTIONS))
def test_each_option_of_sbatch_is_decided(name: str) -> None:
    """An option is in one set of the table, or a script and a device with it are refused by
    name."""
    assert sum(name in group for group in (OBEYED, ALWAYS_SO, OURS)) <= 1
    if name in OBEYED | ALWAYS_SO | OURS or name == "tasks-per-node":
        return
    value = "" if OPTIONS[name].value == 0 else "=1"
    with pytest.raises(RefusedRequest, match=rf"--{name}.*line 2 of the script"):
        plain(f"--{name}{value}")
    with pytest.raises(RefusedRequest, match=rf"--{name}.*in JOBOBJ_DEVICES"):
        upstream((name, value.lstrip("=")))


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("--time=00:05:00", "walltime", 300),
        ("-t 0:07", "walltime", 7),
        ("-t 1-2:03:04", "walltime", 93784),
        ("-t UNLIMITED", "walltime", None),
        ("-t 5\n#SBATCH -t 6", "walltime", 360),
        ("-n 4", "cores", 4),
        ("-n 2 -c 3", "cores", 6),
        ("--ntasks-per-node=4", "cores", 4),
        ("--tasks-per-n=4 -N 1", "cores", 4),
        ("-n 4 --ntasks-per-node=4", "cores", 4),
        ("--mincpus=5", "cores", 5),
        ("--exclusive", "cores", 8),
        ("-N 1", "cores", 1),
        ("-N 1-4", "cores", 1),
        ("-H", "held", True),
        ("--mem=16000", "cores", 1),
        ("--mem=15G", "cores", 1),
        ("--mem=0", "cores", 1),
        ("--mem-per-cpu=2G -n 7", "cores", 7),
        ("--chdir=/tmp", "chdir", "/tmp"),
        ("--export=NONE", "export", "NONE"),
        ("--begin=now", "begin", NOW),
        ("--begin=now+1hour", "begin", NOW + HOUR),
        ("--begin=now+90", "begin", NOW + 90),
        ("--begin=now+2days", "begin", NOW + 48 * HOUR),
        ("--begin=13:30", "begin", NOW + 1.5 * HOUR),
        ("--begin=11:00", "begin", NOW + 23 * HOUR),
        ("--begin=2030-05-17T12:00:01", "begin", NOW + 1),
        ("--begin=2030-05-18", "begin", NOW + 12 * HOUR),
        ("--no-requeue --requeue -s --contiguous --switches=1 --time-min=1", "cores", 1),
        ("-J name --comment=x --open-mode=append -v -Q --parsable", "cores", 1),
    ],
)
def test_an_option_takes_effect(line: str, field: str, value: Any) -> None:
    """Options with a meaning on one machine are obeyed; of two the later one takes effect."""
    assert getattr(plain(line), field) == value


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("--array=1-3", "submit one job each"),
        ("hetjob", "submit one job each"),
        ("--dependency=afterok:1", "do not wait for each other"),
        ("-p nosuch", "no partitions"),
        ("-A project", "no accounting"),
        ("--gpus=1", "no GPUs"),
        ("--gres=gpu:1", "no GPUs"),
        ("--mail-type=END", "no mail"),
        ("--signal=B:USR1@60", "no signal"),
        ("-N 5", "asks for 5 nodes, and this machine is one node"),
        ("-N 2-4", "asks for 2 nodes"),
        ("-N many", "--nodes=many"),
        ("-n 9", "asks for 9 cores, and this machine has 8"),
        ("-n 2 -c 5", "asks for 10 cores"),
        ("-n 8 --ntasks-per-node=4", r"--ntasks=8 \(line 2.*--ntasks-per-node=4 .*one node"),
        ("-n x", "--ntasks=x"),
        ("--mem=10000G", r"--mem=10000G .*16000 MB of memory"),
        ("--mem=1e9", "--mem=1e9"),
        ("--mem-per-cpu=4G -n 8", "--mem-per-cpu=4G"),
        ("--time=soon", "--time=soon .*no time limit: use minutes"),
        ("--time=", "no time limit"),
        ("--exclusive=user", "--exclusive=user"),
        ("--begin=soon", "--begin=soon .*now.1hour"),
        ("--begin=25:00", "--begin=25:00"),
    ],
)
def test_an_option_is_refused(line: str, reason: str) -> None:
    """The error says which option this machine cannot obey, and why."""
    with pytest.raises(BadRequest if line == "hetjob" else RefusedRequest, match=reason):
        plain(line)


def test_the_calls_nodes_hold_where_the_script_says_none() -> None:
    """A script's own number of nodes takes effect, otherwise the call's."""
    assert plain("-N 1", nodes=3).cores == 1
    with pytest.raises(RefusedRequest, match="asks for 3 nodes"):
        plain(nodes=3)


def test_another_place_for_the_output_is_noted() -> None:
    """--output and --error have no effect, and the job's owner reads that."""
    assert output_notice(plain("--output=x-%j.log -e y").options, "/a/job.out") == (
        "dssr: --output=x-%j.log (line 2 of the script), --error=y (line 2 of the script) has no "
        "effect: the job's output is in /a/job.out."
    )
    assert output_notice(plain("--time=1").options, "/a/job.out") == ""


def test_an_upstream_job() -> None:
    """An upstream's job gets the cores it asks for, its devices are obeyed as directives are, and
    its time limit is valid unless a device sets another."""
    assert upstream(walltime=60, held=True).held
    assert upstream(walltime=60).walltime == 60
    assert upstream(("time", "2"), walltime=60).walltime == 120
    assert upstream(("cpus-per-task", "3")).cores == 6
    assert upstream(("ntasks", "99")).cores == 2


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"nodes": 2}, "one node"),
        ({"cores": 9}, "asks for 9 cores, and this machine has 8"),
        ({"gpus": 1}, "GPUs"),
        ({"memory_mb": 16384}, "16384 MB of memory, and this machine has 16000 MB"),
        ({"memory_mb": 99_999_999}, "for 99999999 MB of memory"),
        ({"partition": "p"}, "partition 'p'"),
        ({"licenses": "l:2"}, "licenses 'l:2'"),
    ],
)
def test_what_one_machine_cannot_give(fields: dict[str, Any], words: str) -> None:
    """An upstream's job that asks for more than there is, or for what no machine has, is
    refused."""
    with pytest.raises(RefusedRequest, match=words):
        upstream(**fields)


@pytest.mark.parametrize(
    ("text", "whole", "kept", "added"),
    [
        ("ALL", True, (), {}),
        ("all,A=x", True, (), {"A": "x"}),
        ("NONE", False, (), {}),
        ("NIL", False, (), {}),
        ("", False, (), {}),
        ("A=x,B,C=a=b", False, ("B",), {"A": "x", "C": "a=b"}),
        ("A='x,y',B=\"z\"", False, (), {"A": "'x,y'", "B": '"z"'}),
        ("A=it's,B", False, ("B",), {"A": "it's"}),
    ],
)
def test_what_is_exported(
    text: str, whole: bool, kept: tuple[str, ...], added: dict[str, str]
) -> None:
    """Each form of sbatch's --export exports the variables that it names."""
    found = exported(text)
    names = tuple(name for name in found.kept if name not in ("ALL", "all", "NONE", "NIL"))
    assert (found.whole, names, found.added) == (whole, kept, added)
