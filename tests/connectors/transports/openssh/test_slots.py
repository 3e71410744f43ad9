"""The sessions that all processes of a user may have open on one master."""

from connectors.transports.openssh.directory import PrivateDirectory
from connectors.transports.openssh.slots import MOST, Slots


def test_there_are_no_more_than_eight(directory: str) -> None:
    """Two holders share eight slots of one master, and another master has eight of its own."""
    place = PrivateDirectory(directory)
    first, second = Slots(place, "m"), Slots(place, "m")
    taken = [(first, second)[number % 2].take() for number in range(MOST)]
    assert None not in taken
    assert first.take() is None
    assert second.take() is None
    other = Slots(place, "n").take()
    assert other is not None
    given = taken[3]
    assert given is not None
    given.give_back()
    again = second.take()
    assert again is not None
    assert again.number == 3
    for slot in (again, other, *taken[:3], *taken[4:]):
        assert slot is not None
        slot.give_back()


def test_half_of_them_are_for_one_command(directory: str) -> None:
    """Four slots may be kept between commands; the others are given back after each, so that no
    number of idle processes keeps another one out."""
    slots = Slots(PrivateDirectory(directory), "m")
    taken = [slot for _ in range(MOST) if (slot := slots.take())]
    assert [slot.is_for_one_command for slot in taken] == [False] * 4 + [True] * 4
    for slot in taken:
        slot.give_back()
