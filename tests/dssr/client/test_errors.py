from dssr.client.errors import OF_SLUG, BadRequest, BridgeFault, ClientError, NotFound, kind_of
from dssr.http.v1.problems import PROBLEMS


def test_each_problem_of_the_api_has_its_class() -> None:
    """What the API calls a fault of the bridge, the caller or the cluster is that here, too."""
    assert set(OF_SLUG) <= set(PROBLEMS)
    for slug, explained in PROBLEMS.items():
        kind = kind_of(slug, explained.status)
        assert kind is not ClientError
        assert issubclass(kind, BridgeFault) == (slug == "internal")


def test_a_problem_that_is_not_known_has_the_class_of_its_status() -> None:
    """A later bridge may have more problems than this client knows."""
    assert kind_of("new", 404) is NotFound
    assert kind_of("new", 451) is BadRequest
    assert kind_of("new", 599) is BridgeFault
