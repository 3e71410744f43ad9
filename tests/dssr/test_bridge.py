"""The use cases, over a scheduler in memory."""

from dataclasses import replace
from typing import Any

import pytest

from dssr.bridge import Bridge, Submission
from dssr.errors import BadRequest, CommandTimeout, Denied, NotFound
from dssr.job import JobRef, JobState, Snapshot
from dssr.seams import JobServer
from dssr.settings import Settings

PLAIN = "#!/bin/bash\necho hi\n"
JOB = (
    "JOBOBJ_APPDEFVERSION=2\nJOBOBJ_INTERACTIVE=False\nJOBOBJ_REPO=repo/app\nJARVICE_CPU_CORES=2\n"
)
REF = JobRef("job", 1, "1")


def asked(**scripts: str) -> Submission:
    return Submission("job", 1, 2, scripts)


def test_a_job_is_launched_by_the_executor(bridge: Bridge, connector: Any) -> None:
    """The connector gets what the script asks for and the executor's text."""
    assert bridge.submit(asked(native=JOB)).native_id == "1"
    assert connector.launches == ["bash script # job"]
    assert (connector.jobs["1"].spec.nodes, connector.jobs["1"].spec.cores) == (2, 2)


@pytest.mark.parametrize("executor", ["native", "singularity", "my.own"])
def test_a_plain_script_is_sent_under_the_name_native(executor: str, connector: Any) -> None:
    """A plain script is the batch script itself, and needs no executor."""
    bridge = Bridge(connector, connector, Settings(executor=executor))
    bridge.submit(asked(native=PLAIN))
    assert connector.jobs["1"].spec.plain


@pytest.mark.parametrize("executor", ["native", "singularity"])
@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("singularity", "'singularity' is a plain batch script, which names no image.*'native'"),
        ("foo", "no executor has the name 'foo'.*'native'"),
    ],
)
def test_a_plain_script_under_another_name_is_refused(
    executor: str, name: str, sentence: str, connector: Any
) -> None:
    """A plain script names no image, and an unknown name is no executor's: nothing is submitted."""
    bridge = Bridge(connector, connector, Settings(executor=executor))
    with pytest.raises(BadRequest, match=sentence):
        bridge.submit(asked(**{name: PLAIN}))
    assert connector.calls == []


def test_the_job_of_another_executor_is_refused(connector: Any) -> None:
    """A script that describes a job runs under the bridge's own executor only."""
    bridge = Bridge(connector, connector, Settings(executor="singularity"))
    with pytest.raises(BadRequest, match=r"no script for the executor 'singularity'.*'native'"):
        bridge.submit(asked(native=JOB))


@pytest.mark.parametrize("serves", [True, False])
def test_the_connector_says_whether_interactive_jobs_are_served(
    serves: bool, bridge: Bridge, connector: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connector, not a setting of the core, says whether interactive jobs are served."""
    monkeypatch.setattr(type(connector), "serves_interactive", lambda _self: serves)
    bridge.settings = replace(bridge.settings, jobs_domain="jobs.example")
    submission = asked(native=JOB.replace("False", "True"))
    if serves:
        bridge.submit(submission)
        assert connector.jobs["1"].spec.interactive
    else:
        refusal = "^interactive jobs are not supported on this cluster: write JOBOBJ_INTERACTIVE=F"
        with pytest.raises(BadRequest, match=refusal):
            bridge.submit(submission)
        assert connector.calls == []


def test_each_submission_cancellation_and_end_is_one_line_in_the_log(
    bridge: Bridge, connector: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A line says which job it is, whose, for which executor, and how it ended; an end is reported
    once, however often the upstream asks."""
    caplog.set_level("INFO", logger="dssr.observed")
    bridge.submit(asked(native=PLAIN))
    bridge.cancel(REF)
    connector.set("1", JobState.CANCELLED, elapsed=7)
    for _ in range(3):
        bridge.result(REF)
    assert caplog.messages == [
        "Submitted: job job/1 is 1, owner the service user, executor native",
        "Cancelled: job job/1/1",
        "Ended: job job/1/1 is CANCELLED after 7 s",
    ]


def test_the_executors_own_script_is_taken_of_several(bridge: Bridge, connector: Any) -> None:
    """Of several scripts only the one for the bridge's executor is read."""
    bridge.submit(asked(singularity="JOBOBJ_APPDEFVERSION=nonsense\n", native=JOB))
    assert connector.jobs["1"].spec.source == JOB


@pytest.mark.parametrize("executor", ["native", "executors.native", "my.own.native:Executor"])
def test_a_dotted_executor_goes_by_its_last_modules_name(executor: str, connector: Any) -> None:
    """An executor's name in a request is that of its module, without the package."""

    class Launcher:
        def launch(self, spec: Any, settings: Any) -> str:
            return "x"

    Bridge(connector, Launcher(), Settings(executor=executor)).submit(asked(native=JOB))
    assert connector.launches == ["x"]


@pytest.mark.parametrize(
    "scripts",
    [{"a": JOB}, {"a": "JOBOBJ_APPDEFVERSION=nonsense\n"}, {"a": PLAIN, "b": PLAIN}],
    ids=["another's job", "another's broken job", "two plain scripts"],
)
def test_without_a_script_for_the_executor_nothing_is_submitted(
    scripts: dict[str, str], bridge: Bridge, connector: Any
) -> None:
    """Without a script for the executor nothing is submitted, and the error says what is there and
    what is wanted."""
    with pytest.raises(
        BadRequest, match=r"'hpc_script' holds no script for the executor 'native'.*'a'"
    ):
        bridge.submit(asked(**scripts))
    assert connector.calls == []


def test_what_the_connector_cannot_clean_does_not_hold_the_result_back(
    bridge: Bridge, connector: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The upstream gets the result, and the log the files that could not be removed."""
    bridge.submit(asked(native=PLAIN))
    connector.set("1", JobState.COMPLETED)
    connector.clean_failure = CommandTimeout("no answer")
    result = bridge.result(REF)
    assert result is not None
    assert result.state is JobState.COMPLETED
    assert "The files of job job/1/1 are still there: no answer" in caplog.text


class Doors:
    """The addresses of a services port."""

    def __init__(self) -> None:
        self.kept: list[Snapshot] = []

    def url(self, ref: JobRef, server: JobServer) -> str:
        """The job's and its server's names."""
        return f"http://{ref.name}/{server.port}"

    def keep(self, jobs: Snapshot) -> None:
        """Remember it."""
        self.kept.append(jobs)


def test_the_address_of_a_jobs_server(connector: Any) -> None:
    """A server that a connector names has the services port's address; one that has an address of
    its own has that. Where there is no services port, the former has none."""
    bridge = Bridge(connector, connector, Settings(), doors=Doors())
    assert bridge.url(REF) == ""
    connector.job_server = JobServer("node1", 20000, "secret")
    assert bridge.url(REF) == "http://job/20000"
    assert Bridge(connector, connector, Settings()).url(REF) == ""
    connector.address = "https://job.example/"
    assert bridge.url(REF) == "https://job.example/"


def test_addresses_follow_what_the_scheduler_lists(connector: Any) -> None:
    """Each list of jobs that is fetched shows which addresses are to be taken back."""
    doors = Doors()
    found = Bridge(connector, connector, Settings(), doors=doors).snapshot()
    assert doors.kept == [found]


def test_abilities_that_a_connector_lacks() -> None:
    """A connector without an ability has no URL, and no directory to show: the reason says why."""
    bare: Any = object()
    bridge = Bridge(bare, bare, Settings(connector="bare"))
    assert (bridge.url(REF), bridge.screenshot(REF)) == ("", b"")
    with pytest.raises(NotFound, match="'bare' cannot show directories"):
        bridge.list_directory("/")


def test_a_submission_does_not_show_its_scripts() -> None:
    """The repr of a submission does not show its scripts."""
    assert "MARKED" not in repr(asked(native="MARKED"))


def test_a_job_has_the_owner_that_its_bearer_names(connector: Any) -> None:
    """A bearer names the owner or is refused; the connector gets the owner with the job."""

    def owner_of(bearer: str) -> str:
        if bearer != "b1":
            raise Denied("no")
        return "alice"

    bridge = Bridge(connector, connector, Settings(executor="native"), owner_of)
    bridge.submit(asked(native=PLAIN), bridge.owner("b1"))
    assert connector.jobs["1"].spec.owner == "alice"
    with pytest.raises(Denied):
        bridge.owner("b2")
