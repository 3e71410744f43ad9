"""``python -m dssr.services.port [FILE]``: the services port (``dssr.services.front.program``)."""

import sys
from typing import Any

from dssr.services.front import program
from dssr.services.port.configuration import PortConfiguration
from dssr.services.port.port import Port


def make(given: Any) -> Port:
    """The services port of that configuration. Raises ``SettingsError``."""
    how = PortConfiguration.parse(given)
    return Port(how, program.make_forwards(how.forwards, how.forward_settings))


if __name__ == "__main__":
    sys.exit(program.main(sys.argv[1:], make))
