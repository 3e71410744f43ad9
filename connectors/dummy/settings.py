"""The settings of the dummy connector."""

from dataclasses import dataclass

from dssr.settings import Settings, setting, types


@dataclass(frozen=True)
class DummySettings(Settings):
    """The core's, and how the jobs go that never run."""

    dummy_queued: float = setting(
        "JARVICE_DUMMY_JOB_QUEUED_TIME", types.seconds, 5.0, "How long a dummy job is queued."
    )
    dummy_running: float = setting(
        "JARVICE_DUMMY_JOB_RUNNING_TIME", types.seconds, 10.0, "How long a dummy job runs."
    )
    dummy_failing: int = setting(
        "JARVICE_DUMMY_JOB_FAILING_PERCENT",
        types.whole(0, 100),
        50,
        "How many in a hundred dummy jobs fail.",
    )
    dummy_interactive: bool = setting(
        "JARVICE_JOBS_ARE_INTERACTIVE",
        types.flag,
        False,
        "Whether dummy jobs are interactive and show a URL.",
    )
