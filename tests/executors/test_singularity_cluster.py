"""The singularity executor with the real Apptainer, in job steps of the real cluster."""

import json
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest

from dssr.settings import Settings
from dssr.testing.executor import ExecutorContract, RequestContract, ShebangContract, job
from executors.singularity import Singularity
from tests.cluster import Cluster
from tests.executors.on_cluster import OnTheCluster

pytestmark = pytest.mark.cluster


@pytest.fixture
def place(cluster: Cluster) -> Iterator[OnTheCluster]:
    """The cluster's nodes, with a job directory of the test's own and no environment of the
    site's."""
    place = OnTheCluster(Singularity(), cluster, cluster.image)
    yield place
    place.shell("rm -rf ~/executors ~/.jarvice_custom_env ~/.jarvice_cuda_env ~/.apptainer/cache")


def wrapper(place: OnTheCluster, name: str, text: str) -> None:
    """Put a program of this name in front of the node's own, by way of the site's environment."""
    place.shell(f"mkdir -p {place.base}/bin")
    place.write(f"{place.base}/bin/{name}", text)
    place.shell(f"chmod 755 {place.base}/bin/{name}")
    place.write(f"{place.home}/.jarvice_custom_env", f"export PATH={place.base}/bin:$PATH\n")


class TestInAnImage(ExecutorContract, RequestContract, ShebangContract):
    """A script without the placeholder is run inside the image that it names."""

    def test_it_runs_in_the_container(self, place: OnTheCluster) -> None:
        """The job sees the file system of its image, and runs in its own working and scratch
        directories."""
        settings = Settings(overlay_mb=0, scratch_dir=f"{place.base}/scratch/")
        body = (
            'echo "$APPTAINER_CONTAINER"; pwd; '
            'echo x >"${JARVICE_JOB_SCRATCH_DIR}written"; ls /etc/slurm'
        )
        spec = job(body, JOBOBJ_REPO=place.image, settings=settings)
        place.shell(f"mkdir -p {place.base}/scratch")
        ran = place.run(spec)
        assert (ran.out, "/etc/slurm" in ran.err) == (f"{place.image}\n{place.home}\n", True), ran
        assert place.shell(f"cat {place.base}/scratch/written") == "x\n"

    def test_an_overlay_keeps_what_each_node_writes(self, place: OnTheCluster) -> None:
        """Each node has an overlay of the size asked for, and sees only its own writes."""
        body = (
            'touch /of.$PROCESS_PROCID && ls / | grep "^of"; '
            'df -m / | tail -1 | tr -s " " | cut -d" " -f2'
        )
        ran = place.run(
            job(body, JOBOBJ_REPO=place.image, JOBOBJ_DEVICES='["overlay=200"]'), nodes=2
        )
        lines = ran.out.split()
        assert (ran.code, sorted(lines[::2] + lines[1::2])[-2:]) == (0, ["of.0", "of.1"]), ran
        assert all(150 < int(line) <= 200 for line in lines if line.isdigit())
        sizes = place.shell(f"cd {place.base}/work && stat -c '%n %s' *").splitlines()
        assert sizes == [f"overlay.{node}.img {200 * 1024**2}" for node in (0, 1)]

    def test_a_job_that_runs_again_finds_a_fresh_overlay(self, place: OnTheCluster) -> None:
        """A requeued job does not find what its earlier run has written into the overlay."""
        spec = job(
            "ls /again 2>/dev/null; touch /again",
            JOBOBJ_REPO=place.image,
            JOBOBJ_DEVICES='["overlay=64"]',
        )
        assert [place.run(spec).out for _ in range(2)] == ["", ""]

    def test_a_small_overlay_has_the_smallest_size_there_is(self, place: OnTheCluster) -> None:
        """An overlay under 64 MB, the program's minimum, is made with that size."""
        spec = job("touch /written", JOBOBJ_REPO=place.image, JOBOBJ_DEVICES='["overlay=1"]')
        assert place.run(spec).code == 0
        assert place.shell(f"stat -c %s {place.base}/work/overlay.0.img") == f"{64 * 1024**2}\n"

    def test_an_older_program_gets_its_overlay_from_mkfs(self, place: OnTheCluster) -> None:
        """A program that knows no `overlay create` still runs with a writable one."""
        wrapper(
            place,
            "singularity",
            '#!/bin/bash\n[ "$1" != overlay ] || exit 1\nexec /usr/bin/apptainer "$@"\n',
        )
        spec = job(
            "echo kept >/written && cat /written",
            JOBOBJ_REPO=place.image,
            JOBOBJ_DEVICES='["overlay=80"]',
        )
        ran = place.run(spec)
        assert (ran.code, ran.out) == (0, "kept\n"), ran
        assert place.shell(f"stat -c %s {place.base}/work/overlay.0.img") == f"{80 * 1024**2}\n"

    def test_without_an_overlay_the_container_is_writable_for_its_time(
        self, place: OnTheCluster
    ) -> None:
        """With an overlay of 0 the container has a writable tmpfs, which leaves nothing behind."""
        ran = place.run(job("echo kept >/written && cat /written", JOBOBJ_REPO=place.image))
        assert (ran.code, ran.out, place.shell(f"ls {place.base}/work")) == (0, "kept\n", ""), ran

    def test_the_jobs_directory_is_read_only_and_hides_the_credentials(
        self, place: OnTheCluster
    ) -> None:
        """The script cannot be changed by itself, and the file with the credentials is covered, in
        a bound home too."""
        secret = json.dumps(
            {"server": "docker.io", "username": "hush-user", "password": "hush-password"}
        )
        body = 'echo x >>"$DSSR_JOB_DIR/script"; env; cat "$DSSR_JOB_DIR/secrets"'
        ran = place.run(job(body, JOBOBJ_REPO=place.image, JOBOBJ_DOCKER_SECRET=secret))
        assert (ran.code != 0, "PROCESS_PROCID=0\n" in ran.out) == (True, True), ran
        assert "Read-only file system" in ran.err
        assert f"{place.base}/secrets" in ran.err
        assert "hush" in place.shell(f"cat {place.base}/secrets")
        assert "hush" not in ran.out + ran.err

    def test_gpu_jobs_get_the_drivers(self, place: OnTheCluster) -> None:
        """A GPU job gets --nv and the site's CUDA environment; a node without drivers causes a
        warning and no failure."""
        place.write(f"{place.home}/.jarvice_cuda_env", "export CUDA_SITE=yes\n")
        wrapper(
            place,
            "singularity",
            '#!/bin/bash\necho "$*" >>~/executors/words\nexec /usr/bin/apptainer "$@"\n',
        )
        for gpus, cuda in (("0", "\n"), ("1", "yes\n")):
            ran = place.run(job('echo "$CUDA_SITE"', JOBOBJ_REPO=place.image, JOBOBJ_GPUS=gpus))
            assert (ran.code, ran.out) == (0, cuda), ran
        assert [" --nv " in line for line in place.shell("cat ~/executors/words").splitlines()] == [
            False,
            True,
        ]

    def test_proxies_and_temporary_directory_reach_the_program(self, place: OnTheCluster) -> None:
        """The site's proxies and temporary directory reach the container program and what it runs,
        under the names that they read."""
        wrapper(place, "singularity", "#!/bin/bash\nenv\n")
        settings = Settings(
            http_proxy="http://p:1",
            https_proxy="http://p:2",
            no_proxy="a,b",
            tmpdir="/home/big tmp",
        )
        found = place.run(job("", JOBOBJ_REPO=place.image, settings=settings)).out.splitlines()
        assert {"http_proxy=http://p:1", "https_proxy=http://p:2", "no_proxy=a,b"} <= set(found)
        assert {"APPTAINER_TMPDIR=/home/big tmp", "SINGULARITY_TMPDIR=/home/big tmp"} <= set(found)

    def test_apptainer_alone_will_do(self, place: OnTheCluster) -> None:
        """A node that has only the name apptainer runs the job the same."""
        links = " ".join(
            f"/usr/bin/{name}"
            for name in ("bash", "uname", "env", "base64", "squashfuse", "apptainer")
        )
        place.shell(f"mkdir -p {place.base}/bin && ln -s {links} {place.base}/bin")
        place.write(f"{place.home}/.jarvice_custom_env", f"export PATH={place.base}/bin\n")
        ran = place.run(job("echo ran", JOBOBJ_REPO=place.image))
        assert (ran.code, ran.out) == (0, "ran\n"), ran


class TestPulling:
    """Images from a registry that wants a login."""

    @pytest.fixture
    def own(self, place: OnTheCluster, cluster: Cluster) -> dict[str, Any]:
        """What a job of that registry says in its script."""
        registry = cluster.registry
        place.write(f"{place.home}/.jarvice_custom_env", "export APPTAINER_NOHTTPS=1\n")
        secret = {
            "server": registry.address,
            "username": registry.user,
            "password": registry.password,
        }
        return {"JOBOBJ_REPO": registry.image, "JOBOBJ_DOCKER_SECRET": json.dumps(secret)}

    def test_the_credentials_pull_the_image(self, place: OnTheCluster, own: dict[str, Any]) -> None:
        """A job runs with the registry's credentials and fails without them, whatever characters
        the password holds."""
        refused = place.run(job("echo ran", **(own | {"JOBOBJ_DOCKER_SECRET": ""})))
        assert (refused.code != 0, refused.out) == (True, ""), refused
        ran = place.run(job("echo ran", **own))
        assert (ran.code, ran.out) == (0, "ran\n"), ran

    def test_credentials_show_nowhere(
        self, place: OnTheCluster, own: dict[str, Any], cluster: Cluster
    ) -> None:
        """Credentials are neither in ps while the image is pulled and the job runs, nor in the
        container's environment or processes."""
        spec = job(
            "env; cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'; echo shown; sleep 1", **own
        )
        hidden = [value for _, value in spec.secrets if value] + [cluster.registry.password]
        lines: set[str] = set()
        process = subprocess.Popen(
            cluster.argv("login", place.argv(spec), user="jarvice"), stdout=subprocess.PIPE
        )
        while process.poll() is None:
            lines |= {
                found.command for found in cluster.processes("node1") + cluster.processes("node2")
            }
            time.sleep(0.02)
        out = process.communicate()[0].decode()
        assert (process.returncode, "shown\n" in out) == (0, True)
        assert any(own["JOBOBJ_REPO"] in line for line in lines)
        assert not [
            value for value in hidden if value in out or any(value in line for line in lines)
        ]
