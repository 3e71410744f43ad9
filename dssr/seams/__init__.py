"""The protocols between the layers. A plugin satisfies one of them and needs nothing else.

A *connector* talks to a scheduler, an *executor* starts a job's command on a node, a *transport*
carries commands to the machine on which the scheduler's commands run. All of them keep within the
time of ``dssr.deadline.answer_due``.

A connector's class is made with its settings (``plugin(settings)``), an executor's without
arguments. Either class may name the class of its settings, derived from ``dssr.settings.Settings``
(``settings_class``); a connector may name the executor that jobs get where none is set
(``default_executor``). A package offers a plugin by an entry point in the group
``dssr.connectors`` or ``dssr.executors``; a way to forward ports is one in ``dssr.forwards``.
"""

from dssr.seams.cluster import (
    ClusterLimits,
    ClusterView,
    Count,
    Node,
    Partition,
    QueuedJob,
    ShowsCluster,
)
from dssr.seams.connector import (
    Connector,
    ExplainsJobs,
    JobServer,
    ServesInteractive,
    SummarizesJobs,
)
from dssr.seams.copies import CopiesDirectories, CopyProgress
from dssr.seams.directories import DirectoryEntry, ListsDirectories
from dssr.seams.examination import CHECKS, Examines, Finding, Status
from dssr.seams.executor import Executor
from dssr.seams.figures import Figure, Reports
from dssr.seams.files import PART, SECRET, FileEntry, ServesFiles, Upload
from dssr.seams.forwards import Forwards
from dssr.seams.host_keys import HostKeyState, PresentedKey, PresentingHost, PresentsHostKeys
from dssr.seams.jobs import (
    ChecksJobs,
    HoldsJobs,
    KeepsRecords,
    LocatesJobs,
    ReadsOutput,
    WrapsScripts,
)
from dssr.seams.services import KeepsServiceFiles, RunsServices, Services, Way
from dssr.seams.terminal import AsksAtTerminal
from dssr.seams.transport import REPEATABLE, Completed, Purpose, Sink, Transport
from dssr.seams.users import ActsForUsers, Users

__all__ = [
    "CHECKS",
    "PART",
    "REPEATABLE",
    "SECRET",
    "ActsForUsers",
    "AsksAtTerminal",
    "ChecksJobs",
    "ClusterLimits",
    "ClusterView",
    "Completed",
    "Connector",
    "CopiesDirectories",
    "CopyProgress",
    "Count",
    "DirectoryEntry",
    "Examines",
    "Executor",
    "ExplainsJobs",
    "Figure",
    "FileEntry",
    "Finding",
    "Forwards",
    "HoldsJobs",
    "HostKeyState",
    "JobServer",
    "KeepsRecords",
    "KeepsServiceFiles",
    "ListsDirectories",
    "LocatesJobs",
    "Node",
    "Partition",
    "PresentedKey",
    "PresentingHost",
    "PresentsHostKeys",
    "Purpose",
    "QueuedJob",
    "ReadsOutput",
    "Reports",
    "RunsServices",
    "ServesFiles",
    "ServesInteractive",
    "Services",
    "ShowsCluster",
    "Sink",
    "Status",
    "SummarizesJobs",
    "Transport",
    "Upload",
    "Users",
    "Way",
    "WrapsScripts",
]
