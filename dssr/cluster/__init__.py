"""What people and programs ask of the cluster."""

from dssr.cluster.use_cases import About, Cluster

__all__ = ["About", "Cluster"]
