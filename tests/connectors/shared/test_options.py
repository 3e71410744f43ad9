"""sbatch's options, as getopt_long(3) reads them."""

import pytest

from connectors.shared.options import OPTIONS, SHORT, Takes, Word, of_devices, read
from dssr.errors import BadRequest


def options(*words: str, more: tuple[str, ...] = ()) -> list[tuple[str, str | None]]:
    """What these words set, all on line 2 of a script."""
    return [(o.name, o.value) for o in read([Word(word, 2) for word in words], more)]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--time=5"], [("time", "5")]),
        (["--time", "5"], [("time", "5")]),
        (["-t5"], [("time", "5")]),
        (["-t", "5"], [("time", "5")]),
        (["--time="], [("time", "")]),
        (["-t", "--nodes=1"], [("time", "--nodes=1")]),
        (["--exclusive"], [("exclusive", None)]),
        (["--exclusive=user"], [("exclusive", "user")]),
        (["--exclusive", "-p", "short"], [("exclusive", None), ("partition", "short")]),
        (["-k"], [("no-kill", None)]),
        (["-koff"], [("no-kill", "off")]),
        (["-vvv"], [("verbose", None)] * 3),
        (["-OsN2"], [("overcommit", None), ("oversubscribe", None), ("nodes", "2")]),
        (["-HN", "2"], [("hold", None), ("nodes", "2")]),
        (["-time=5"], [("time", "ime=5")]),
        (["--tasks-per-node=4"], [("ntasks-per-node", "4")]),
        (["--tasks-per-n=4"], [("ntasks-per-node", "4")]),
        (["--cpus-per-t=2", "--mem-per-c=10"], [("cpus-per-task", "2"), ("mem-per-cpu", "10")]),
        (["-t", "5", "--"], [("time", "5")]),
        ([], []),
    ],
)
def test_every_way_to_write_an_option(
    words: list[str], found: list[tuple[str, str | None]]
) -> None:
    """Long, short, abbreviated and second names are read, with the value in the same or the next
    word."""
    assert options(*words) == found


@pytest.mark.parametrize("letter", sorted(SHORT))
def test_a_short_form_is_its_long_option(letter: str) -> None:
    """Each letter takes its value from the next word only where the option needs one."""
    takes = OPTIONS[SHORT[letter]]
    first, *rest = options(f"-{letter}", *(["value"] if takes is Takes.A_VALUE else []), "-t5")
    assert first == (SHORT[letter], "value" if takes is Takes.A_VALUE else None)
    assert rest == [("time", "5")]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--time"], "'--time': the option lacks its value"),
        (["-t"], "'-t': the option lacks its value"),
        (["--hold=yes"], "takes no value"),
        (["--nosuch=1"], "has no option --nosuch"),
        (["--share"], "has no option --share"),
        (["-Z"], "has no option -Z"),
        (["-Hy"], "has no option -y"),
        (["--mem-per=1"], "can mean --mem-per-cpu or --mem-per-gpu"),
        (["--exclusive", "user"], "'user': it is no option"),
        (["-k", "off"], "'off': it is no option"),
        (["foo", "-t", "5"], "'foo': it is no option"),
        (["-t", "5", "--", "-N", "2"], "'--': it is no option"),
        (["-"], "'-': it is no option"),
    ],
)
def test_what_sbatch_refuses_is_refused(words: list[str], reason: str) -> None:
    """The error has the number of the line and what is wrong with the option."""
    with pytest.raises(BadRequest, match=reason) as raised:
        options(*words)
    assert "ine 2 of the script" in raised.value.message


def test_options_that_the_operator_allows_need_not_be_in_the_table() -> None:
    """An option that the operator allows is read although the table lacks it, with its value in the
    same word."""
    more = ("container-image", "time")
    assert options("--container-image=a", "--time", "5", more=more) == [
        ("container-image", "a"),
        ("time", "5"),
    ]
    with pytest.raises(BadRequest, match="no option --container-image"):
        options("--container-image=a")


def test_a_device_is_read_as_the_long_option() -> None:
    """A device is read as sbatch's long option or its abbreviation, and an empty value means none
    where the option can do without."""
    devices = (("qos", "high"), ("qos", ""), ("exclusive", ""), ("hold", ""), ("cpus-per-t", "2"))
    assert [str(option) for option in of_devices(devices)] == [
        "--qos=high",
        "--qos=",
        "--exclusive",
        "--hold",
        "--cpus-per-task=2",
    ]


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [("hold", "yes", "takes no value"), ("nosuch", "1", "no option"), ("mem-per", "1", "can mean")],
)
def test_a_device_that_is_no_option_is_refused(name: str, value: str, reason: str) -> None:
    """The error says that the option is in the job's devices."""
    with pytest.raises(BadRequest, match=rf"{reason}|in JOBOBJ_DEVICES") as raised:
        of_devices([(name, value)])
    assert "in JOBOBJ_DEVICES" in raised.value.message
