"""What executors find in the environment of each job: the site's directories and proxies. Pure."""

from collections.abc import Mapping

from dssr.settings import Settings


def exports(settings: Settings) -> Mapping[str, str]:
    """The variables and their values."""
    return {
        "JARVICE_JOB_SCRATCH_DIR": settings.scratch_dir,
        "JARVICE_JOB_GLOBAL_SCRATCH_DIR": settings.global_scratch_dir,
        "JARVICE_SINGULARITY_TMPDIR": settings.tmpdir,
        "SCHTTP_PROXY": settings.http_proxy,
        "SCHTTPS_PROXY": settings.https_proxy,
        "SCNO_PROXY": settings.no_proxy,
    }
