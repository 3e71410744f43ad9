"""The environment for programs that a transport starts on this machine."""

import os
from collections.abc import Mapping

# The bridge's own settings, with secrets among them.
_SETTINGS = ("JARVICE_", "WAITRESS_", "DSSR_")


def without_settings(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """This process's environment without the settings: sbatch would pass them on to jobs, and a
    program that stays would keep them."""
    return {name: text for name, text in environ.items() if not name.startswith(_SETTINGS)}
