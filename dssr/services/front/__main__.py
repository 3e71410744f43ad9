"""``python -m dssr.services.front [FILE]``: a front (``dssr.services.front.program``)."""

import sys
from typing import Any

from dssr.services.front import program
from dssr.services.front.configuration import Configuration
from dssr.services.front.front import Front


def make(given: Any) -> Front:
    """The front of that configuration. Raises ``SettingsError``."""
    how = Configuration.parse(given)
    return Front(how, program.make_forwards(how.forwards, how.forward_settings))


if __name__ == "__main__":
    sys.exit(program.main(sys.argv[1:], make))
