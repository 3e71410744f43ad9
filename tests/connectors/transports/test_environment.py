"""The environment for programs that a transport starts on this machine."""

from connectors.transports.environment import without_settings


def test_settings_are_left_out() -> None:
    """The bridge's settings, which hold secrets, are not passed on."""
    given = {"PATH": "/bin", "JARVICE_X": "1", "WAITRESS_Y": "2", "DSSR_TOKEN": "3", "MY_DSSR": "4"}
    assert without_settings(given) == {"PATH": "/bin", "MY_DSSR": "4"}
