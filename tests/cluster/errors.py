"""What can go wrong with a test cluster."""


class ClusterError(Exception):
    """The cluster could not do what was asked; the text is one sentence that says what, where and
    what to do."""


class ImpossibleHere(ClusterError):
    """This machine cannot run a cluster at all (no root, not Linux, no namespaces); the text says
    why."""
