"""The use cases of the API for people and programs, over the same bridge as the legacy API."""

from dssr.jobs.use_cases import Jobs

__all__ = ["Jobs"]
