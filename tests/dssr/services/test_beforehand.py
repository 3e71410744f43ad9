"""When jobs are submitted beforehand."""

from dataclasses import replace
from typing import Any, cast

import pytest

from dssr.errors import RefusedRequest
from dssr.seams.services import Generation, Place, Services
from dssr.services.beforehand import Beforehand
from dssr.services.chain import chain
from dssr.services.sight import Sight
from tests.dssr.services.views import generation, view, waiting


class Asked:
    """Services that note what is asked for."""

    def __init__(self) -> None:
        self.ahead: list[int] = []
        self.refuses = False

    def extend(self, _place: Place, ahead: int) -> None:
        """See ``Services``."""
        if self.refuses:
            raise RefusedRequest("sbatch: error: too many jobs")
        self.ahead.append(ahead)


def sight(*generations: Generation, beforehand: str = "", **members: Any) -> Sight:
    """A service that a job has said that of."""
    found = replace(view(*generations, **members), beforehand=beforehand)
    return Sight(found, chain(found))


@pytest.mark.parametrize(
    ("seen", "asked"),
    [
        (sight(generation(1)), []),
        (sight(generation(1), beforehand="no"), [3]),
        (sight(waiting(2), generation(1), beforehand="no"), [3]),
        (sight(waiting(4), waiting(3), waiting(2), generation(1), beforehand="no"), []),
        (sight(waiting(1), ahead=5), [5]),
        (sight(waiting(2), waiting(1), ahead=1), []),
        (sight(beforehand="no", ahead=5), []),
    ],
)
def test_what_is_missing_is_submitted(seen: Sight, asked: list[int]) -> None:
    """Jobs wait in the number that the service's options say, or three where a job could not submit
    its successor; a service that has ended needs none."""
    services = Asked()
    assert Beforehand(cast(Services, services), Place("demo")).extend(seen) is bool(asked)
    assert services.ahead == asked


def test_a_refusal_is_not_repeated_at_once() -> None:
    """A scheduler that takes no more jobs is left alone for a while."""
    services = Asked()
    services.refuses = True
    beforehand = Beforehand(cast(Services, services), Place("demo"))
    seen = sight(generation(1), beforehand="no")
    assert beforehand.extend(seen) is False
    services.refuses = False
    assert beforehand.extend(seen) is False
    assert services.ahead == []
