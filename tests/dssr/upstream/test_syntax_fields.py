"""The KEY= lines of a script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dssr.errors import BadRequest
from dssr.upstream.syntax import Fields


def test_the_value_is_all_that_follows_the_first_equals_sign() -> None:
    """Quotes, blanks and further '=' belong to the value."""
    assert Fields("JARVICE_CMD='a b'=c \nx").text("JARVICE_CMD") == "'a b'=c "


def test_only_newlines_separate_lines() -> None:
    """A carriage return at the end is dropped, and no other character ends a line."""
    fields = Fields("JOBOBJ_NAE=a\x0bb\x0cJOBOBJ_REPO=c\u2028d\x85\r\r\nJOBOBJ_ARCH=e\r")
    assert fields.text("JOBOBJ_NAE") == "a\x0bb\x0cJOBOBJ_REPO=c\u2028d\x85\r"
    assert fields.text("JOBOBJ_ARCH") == "e"
    assert "JOBOBJ_REPO" not in fields


@pytest.mark.parametrize(
    "line",
    [" JOBOBJ_RAM=1", "export JOBOBJ_RAM=1", "XJOBOBJ_RAM=1", "JOBOBJ_RAM =1", "# JOBOBJ_RAM=1"],
)
def test_a_key_is_at_the_beginning_of_its_line(line: str) -> None:
    """Indented, exported, commented and longer names are shell and no keys."""
    fields = Fields(line)
    assert not fields.describe_a_job
    assert fields.whole("JOBOBJ_RAM", 0, 7) == 7


def test_the_first_line_of_a_key_takes_effect() -> None:
    """The first line of a key takes effect, and later ones do not; an empty first line means
    absent."""
    fields = Fields("JOBOBJ_RAM=\nJOBOBJ_RAM=5\nJOBOBJ_GPUS=1\nJOBOBJ_GPUS=2")
    assert (fields.whole("JOBOBJ_RAM", 0, 0), fields.whole("JOBOBJ_GPUS", 0, 0)) == (0, 1)


@pytest.mark.parametrize(
    ("lines", "job"),
    [("JOBOBJ_ANYTHING=", True), ("JARVICE_CMD=x", False), ("JOBOBJ_", False), ("", False)],
)
def test_jobobj_lines_make_a_job_of_a_script(lines: str, job: bool) -> None:
    """A script without a JOBOBJ_ line is a plain batch script."""
    assert Fields(lines).describe_a_job is job


def test_none_is_absent_where_upstream_writes_it() -> None:
    """Upstream's 'None' and an absent key are the same for optional texts."""
    assert (
        Fields("JOBOBJ_LICENSES=None").optional("JOBOBJ_LICENSES")
        == Fields("").optional("JOBOBJ_LICENSES")
        == ""
    )


@pytest.mark.parametrize(
    "value",
    [
        "-1",
        "x",
        "1.5",
        "1 2",
        "٣",
        "0x1",
        "9" * 5000,
        "1000000001",
        "1_0",
        "inf",
        "None",
        "$(nproc)",
    ],
)
def test_what_is_no_number_is_refused_by_name(value: str) -> None:
    """The error names the key, and shows no more than the beginning of a long value."""
    with pytest.raises(BadRequest, match="JOBOBJ_GPUS") as caught:
        Fields(f"JOBOBJ_GPUS={value}").whole("JOBOBJ_GPUS", 0, 0)
    assert len(caught.value.message) < 200


def test_a_missing_number_is_named() -> None:
    """Where there is no default, absence is an error that says which line to add."""
    with pytest.raises(BadRequest, match="JARVICE_CPU_CORES is missing"):
        Fields("JARVICE_CPU_CORES=").whole("JARVICE_CPU_CORES", 1)


def test_a_nul_is_refused() -> None:
    """A value with a NUL is refused: no variable and no command can hold it."""
    with pytest.raises(BadRequest, match=r"JOBOBJ_LICENSES .*NUL"):
        Fields("JOBOBJ_LICENSES=a\0b").optional("JOBOBJ_LICENSES")


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    """Any script is read without an error."""
    assert "JOBOBJ_RAM" not in Fields(text.replace("JOBOBJ_RAM", ""))


@pytest.mark.parametrize(
    "hostile", ["JOBOBJ_" + "A" * 1_000_000, "JOBOBJ_A=\n" * 100_000, "JOBOBJ_" * 150_000], ids=len
)
def test_a_hostile_megabyte_is_read_like_any_other(hostile: str) -> None:
    """Reading is linear in the script's length."""
    assert Fields(hostile + "\nJOBOBJ_RAM=3").whole("JOBOBJ_RAM", 0) == 3
