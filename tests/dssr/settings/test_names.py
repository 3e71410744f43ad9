"""Variables that look like settings and have no effect."""

import pytest

from dssr.settings import Settings, names
from dssr.settings.reading import variables


def test_unknown_variables_are_named_as_settings_are_and_are_not_read() -> None:
    """A variable is unknown if it has the form of a setting, is not empty and is not read."""
    environ = {
        "JARVICE_MINE": "1",
        "WAITRESS_THREADS": "4",
        "JARVICE_EMPTY": "",
        "WAITRESS_PORT": "0",
        "PATH": "/bin",
    }
    assert names.strangers(environ, variables(Settings)) == ["JARVICE_MINE", "WAITRESS_THREADS"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("JARVICE_BAREMETAL_CONECTOR", "did you mean JARVICE_BAREMETAL_CONNECTOR?"),
        ("WAITRESS_BIND_ADRESS", "did you mean WAITRESS_BIND_ADDRESS?"),
        ("JARVICE_SOMETHING_ELSE", "it has no effect."),
    ],
)
def test_an_unknown_variable_is_named_with_the_nearest_setting(name: str, hint: str) -> None:
    """The warning about an unknown variable names the nearest setting."""
    sentences = list(names.unknown([name], variables(Settings)))
    assert sentences == [f"{name} is no setting of dssr: {hint}"]


def test_settings_of_a_plugin_that_is_not_used_are_reported_together() -> None:
    """The settings of an unused plugin are reported in one warning, which names them, the plugin
    and those in use."""
    others = {"connector 'slurm'": {"S1", "S2", "S3"}, "connector 'local'": {"L1"}}
    used = "connector 'dummy' and the executor 'native'"
    assert list(names.of_other_plugins(["L1", "S1", "S3"], others, used)) == [
        "S1, S3 have no effect: they are settings of the connector 'slurm', and this bridge uses "
        "the connector 'dummy' and the executor 'native'. Use the other one, or leave them out.",
        "L1 has no effect: it is a setting of the connector 'local', and this bridge uses the "
        "connector 'dummy' and the executor 'native'. Use the other one, or leave it out.",
    ]
