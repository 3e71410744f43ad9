"""What a plugin says about its own settings beyond the table of them."""

from collections.abc import Iterable
from typing import Self


class OfPlugins:
    """Methods and properties that a plugin's class of settings overrides where it needs that. What
    they return is about the plugin's own settings: the core checks its own elsewhere.
    """

    def completed(self) -> Self:
        """These settings with what follows from others filled in; the core's are complete."""
        return self

    def problems(self) -> Iterable[str]:
        """A sentence about each contradiction, naming its variables and what would be right."""
        return ()

    def unusable_files(self) -> Iterable[str]:
        """A sentence about each file or directory that a setting names and that cannot be used.

        Asked where the bridge starts, and not for a command that only looks.
        """
        return ()

    def warnings(self) -> Iterable[str]:
        """A sentence about each setting that is accepted but unsafe or without effect."""
        return ()

    def summary(self) -> Iterable[tuple[str, str]]:
        """Lines of the start-up report: a label of at most 10 characters, and what it means."""
        return ()

    @property
    def jobs_run_here(self) -> bool:
        """Whether jobs are processes of this machine that the bridge itself starts."""
        return False

    @property
    def jobs_run_as_bridge(self) -> bool:
        """Whether jobs run as the user that the bridge itself runs as."""
        return self.jobs_run_here

    @property
    def service_user(self) -> str:
        """The user on the cluster whose jobs they are where they have no other owner, or ''."""
        return ""

    @property
    def trusted_host_keys(self) -> str:
        """Which host keys of the cluster are trusted, in words; '' where nothing goes over SSH."""
        return ""

    @property
    def host_keys_learnt_in(self) -> str:
        """The file to which the bridge writes each host key that it trusts on first use, or ''."""
        return ""
