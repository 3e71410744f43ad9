"""What happens to jobs, for all who listen: the cluster is asked once for all of them."""

from dssr.watch.events import Change, EventListener
from dssr.watch.outputs import OutputReader
from dssr.watch.source import JobSource, Source
from dssr.watch.states import JobListener
from dssr.watch.watch import Watch
from dssr.watch.window import OutputText

__all__ = [
    "Change",
    "EventListener",
    "JobListener",
    "JobSource",
    "OutputReader",
    "OutputText",
    "Source",
    "Watch",
]
