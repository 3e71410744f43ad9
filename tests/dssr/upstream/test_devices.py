"""Pseudo-devices: what is understood, and that nothing else is dropped silently."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dssr.errors import BadRequest
from dssr.settings import Settings
from dssr.upstream.devices import Devices, read

SETTINGS = Settings(overlay_mb=600)


def devices(*items: str) -> Devices:
    """What these pseudo-devices ask for."""
    return read(json.dumps(items), SETTINGS)


def test_without_devices_the_settings_take_effect() -> None:
    """No list, an empty one and JSON's null ask for nothing."""
    assert read("", SETTINGS) == read("[]", SETTINGS) == read("null", SETTINGS) == Devices(600)


def test_each_kind_is_understood() -> None:
    """overlay, partition, exclusive and sbatch options are read in their order, without the blanks
    around '='."""
    found = devices(
        "overlay = 128",
        "partition=gpu",
        "exclusive=False",
        "sbatch_qos=high",
        "sbatch_gpus_per_node=a100:2",
    )
    assert found == Devices(128, "gpu", False, (("qos", "high"), ("gpus-per-node", "a100:2")))


def test_an_overlay_affects_its_own_job_only() -> None:
    """The settings are unchanged after a job that asked for another overlay."""
    assert devices("overlay=0").overlay_mb == 0
    assert devices().overlay_mb == 600


def test_a_value_may_hold_equals_signs() -> None:
    """The first '=' of a device ends its key, and the value may hold more."""
    assert devices("sbatch_constraint=a=b").options == (("constraint", "a=b"),)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\n\r"), min_size=1))
def test_shell_characters_are_plain_data(value: str) -> None:
    """Any one-line value arrives as it was sent, blanks around it dropped."""
    assert devices(f"partition={value}").partition == value.strip()
    assert devices(f"sbatch_qos={value}").options == (("qos", value.strip()),)


@pytest.mark.parametrize("bad", ["a\nb", "a\0b", "a\rb", "\ud800"], ids=repr)
def test_what_no_command_can_carry_is_refused(bad: str) -> None:
    """A value with a newline, a NUL or half of a character is refused."""
    with pytest.raises(BadRequest, match="on one line"):
        devices(f"partition={bad}x")


@pytest.mark.parametrize(
    "item",
    [
        "gpu",
        "",
        "=",
        "=x",
        "kvm=1",
        "sbatch=1",
        "overlay=-1",
        "overlay=",
        "overlay=1e9",
        "overlay=99999999999",
        "exclusive=maybe",
    ],
)
def test_what_is_not_understood_is_refused(item: str) -> None:
    """A pseudo-device that is not understood refuses the job, and the sentence says where it is."""
    with pytest.raises(BadRequest, match="JOBOBJ_DEVICES"):
        devices(item)


@pytest.mark.parametrize("option", ["", "-", "a b", "QOS", "qos;id", "--wrap", "../x", "qos\u00e9"])
def test_an_option_name_is_letters_digits_and_dashes(option: str) -> None:
    """An option's name is letters, digits and dashes; any other character is refused."""
    with pytest.raises(BadRequest, match="is no option"):
        devices(f"sbatch_{option}=1")


def test_which_options_a_job_may_set_is_the_connectors_decision() -> None:
    """Every name that can be an option's is read; the connector decides which a job may set."""
    assert devices("sbatch_wrap=ls", "sbatch_part=x").options == (("wrap", "ls"), ("part", "x"))


@pytest.mark.parametrize(
    "text",
    [
        "[",
        "x",
        "{}x",
        '{"overlay": 1}',
        "[1]",
        "[null]",
        '"overlay=1"',
        "1",
        "[" * 100_000,
        "[" + "9" * 5000 + "]",
    ],
    ids=lambda text: text[:10],
)
def test_broken_json_is_refused(text: str) -> None:
    """Anything but a JSON list of texts is refused, however it is broken."""
    with pytest.raises(BadRequest, match="JOBOBJ_DEVICES"):
        read(text, SETTINGS)
