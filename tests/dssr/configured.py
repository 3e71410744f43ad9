"""Configurations of settings that a test makes without an environment."""

from dssr import plugins
from dssr.configuration import Configuration
from dssr.settings import Settings
from dssr.settings.validation import completed


def configured(settings: Settings) -> Configuration:
    """The settings, complete, with the plugins that they name."""
    return Configuration(
        plugins.find(plugins.CONNECTOR, settings.connector),
        plugins.find(plugins.EXECUTOR, settings.executor),
        completed(settings),
        completed(settings),
    )
