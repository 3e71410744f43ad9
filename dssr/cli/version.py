"""The installed version."""

import importlib.metadata


def version() -> str:
    """It, as the package has it."""
    return importlib.metadata.version("dssr")
