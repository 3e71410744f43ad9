"""The native executor: the job script as it is, on the node itself, without a container."""

from dssr.job import JobSpec
from dssr.settings import Settings
from executors.interpreter import run_script


class Native:
    """Runs the script by its ``#!`` line, or by bash where it has none."""

    def launch(self, spec: JobSpec, settings: Settings) -> str:
        """The exit code is the script's; 127 and a sentence when its interpreter is not on the
        node."""
        if spec.contained:
            return run_script("", "bash")
        return run_script(spec.script, arguments=spec.arguments)


plugin = Native
