"""Codes that log in once."""

import threading
from pathlib import Path
from typing import Any

import pytest

from dssr.access.one_time_codes import VALID, OneTimeCodes


@pytest.fixture
def codes(clock: Any, tmp_path: Path) -> OneTimeCodes:
    """Codes by a clock that the test moves."""
    return OneTimeCodes(tmp_path, clock)


def test_a_code_is_valid_once(codes: OneTimeCodes) -> None:
    """A code is valid the first time, and not a second time."""
    code = codes.make()
    assert [codes.redeem(code), codes.redeem(code)] == [True, False]


def test_a_code_is_valid_for_a_minute(codes: OneTimeCodes, clock: Any) -> None:
    """A code is valid for 60 seconds and no longer."""
    early, late = codes.make(), codes.make()
    clock.now += VALID
    assert codes.redeem(early)
    clock.now += 1
    assert not codes.redeem(late)


@pytest.mark.parametrize("code", ["", "x", "../x", "a" * 32, "\x00" * 32, "." * 32])
def test_another_text_is_no_code(code: str, codes: OneTimeCodes) -> None:
    """A text that is no code of this bridge is not valid."""
    codes.make()
    assert not codes.redeem(code)


def test_another_process_can_redeem_a_code(codes: OneTimeCodes, clock: Any, tmp_path: Path) -> None:
    """A command makes a code for a bridge that runs with the same directory."""
    assert OneTimeCodes(tmp_path, clock).redeem(codes.make())


def test_of_two_at_once_one_gets_in(codes: OneTimeCodes) -> None:
    """When many send one code at the same time, it is valid for one of them."""
    code, found = codes.make(), []
    threads = [threading.Thread(target=lambda: found.append(codes.redeem(code))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found.count(True) == 1


def test_old_codes_are_removed(codes: OneTimeCodes, clock: Any, tmp_path: Path) -> None:
    """What is valid no more does not stay, and no file holds a code."""
    code = codes.make()
    assert all(code not in path.name for path in (tmp_path / "codes").iterdir())
    clock.now += VALID + 1
    codes.make()
    assert len(list((tmp_path / "codes").iterdir())) == 1
