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
    give_back = taken[3]
    assert give_back is not None
    give_back()
    again = second.take()
    assert again is not None
    for give in (again, other, *taken[:3], *taken[4:]):
        assert give is not None
        give()
