"""The calls of the legacy API: ``arguments`` checks requests, ``wire`` shapes responses."""

from flask import Response, jsonify, request
from werkzeug.routing import BaseConverter

from dssr.access.scopes import Scope
from dssr.bridge import Bridge, Submission
from dssr.errors import BadRequest, Denied, DssrError, NotFound, Refused
from dssr.http.call import Api, Calls, Needs
from dssr.http.errors import plain_text, sentence
from dssr.http.legacy import arguments, wire
from dssr.http.legacy.body import read
from dssr.http.legacy.job_lists import JobList
from dssr.http.request import current
from dssr.job import JobRef, Snapshot

LEGACY = Api("legacy", plain_text, too_large="only /submit takes more")
_JOB = ("name", "number", "jobid")  # what names a job
_READ = Needs(scope=Scope.READ)
_CHANGE = Needs(scope=Scope.SUBMIT, audit=_JOB)
# The contract has other statuses for these two.
_RELEASE = Needs(scope=Scope.SUBMIT, audit=_JOB, statuses={Refused: 500})
_LIST_DIRECTORY = Needs(scope=Scope.READ, statuses={NotFound: 401, Denied: 401})
# All calls of a job below /request have one label.
_REQUEST = Needs(scope=Scope.READ, audit=_JOB, label="job_request")
_SHUTDOWN = Needs(scope=Scope.SUBMIT, audit=_JOB, label="job_request")
_FOUR_PARTS = (
    "/request needs four parts behind it, /request/<name>/<number>/<jobid>/<method>, or 'pvcls'."
)
_TEXT = "text/plain; charset=utf-8"


def calls(bridge: Bridge) -> Calls:
    """All calls of the legacy API over ``bridge``."""
    calls = Calls(LEGACY)
    _add_cluster_calls(calls, bridge)
    _add_submit(calls, bridge)
    _add_job_calls(calls, bridge)
    _add_request_calls(calls, bridge)
    return calls


def _add_cluster_calls(calls: Calls, bridge: Bridge) -> None:
    running_jobs = JobList(bridge, Snapshot.running)
    queued_jobs = JobList(bridge, Snapshot.queued)

    @calls.get("/live", Needs(scope=Scope.NONE, at_once=True))
    def live() -> Response:
        return jsonify(status="OK")

    @calls.get("/gc", _READ)
    def gc() -> tuple[Response, int]:
        try:
            bridge.ping()
        except DssrError as error:
            current().failure = sentence(error.message)
            return jsonify(status="BAD", reason=current().failure), 500
        return jsonify(status="OK"), 200

    @calls.get("/nodes", _READ)
    def nodes() -> Response:
        return Response("true", content_type=_TEXT)

    @calls.post("/online", _CHANGE)
    def online() -> Response:
        arguments.host_and_status(read(request))
        return jsonify(True)

    @calls.get("/running", _READ)
    def running() -> Response:
        return running_jobs.response()

    @calls.get("/queued", _READ)
    def queued() -> Response:
        return queued_jobs.response()


def _add_submit(calls: Calls, bridge: Bridge) -> None:
    @calls.post("/submit", Needs(scope=Scope.SUBMIT, body=None, is_submission=True, audit=_JOB))
    def submit() -> Response:
        args = read(request)
        asked = Submission(
            name=arguments.name(args["name"]),
            number=arguments.number(args["number"]),
            nodes=arguments.nodes(args["nodes"]),
            scripts=arguments.scripts(args["hpc_script"]),
            held=arguments.held(args.get("held")),
        )
        now = current()
        now.owner = bridge.owner(arguments.bearer(args.get("bearer")))
        submitted = bridge.submit(asked, now.owner)
        now.native_id = submitted.native_id
        return jsonify([submitted.native_id, submitted.script])


def _add_job_calls(calls: Calls, bridge: Bridge) -> None:
    @calls.post("/runstatus", _READ)
    def runstatus() -> Response:
        ref, snapshot = arguments.job(read(request)), bridge.snapshot()
        response = jsonify(wire.status(ref, snapshot.find(ref)))
        response.headers["Age"] = wire.age(snapshot)
        return response

    @calls.post("/exitstatus", _CHANGE)
    def exitstatus() -> Response:
        return jsonify(wire.result(bridge.result(arguments.job(read(request)))))

    @calls.post("/terminate", _CHANGE)
    def terminate() -> Response:
        bridge.cancel(arguments.job(read(request)))
        return jsonify(True)

    @calls.post("/release", _RELEASE)
    def release() -> Response:
        bridge.release(arguments.job(read(request)))
        return jsonify(True)

    @calls.post("/events", _READ)
    def events() -> Response:
        return jsonify(bridge.describe(arguments.job(read(request))))


def _add_request_calls(calls: Calls, bridge: Bridge) -> None:
    calls.blueprint.record(lambda state: state.app.url_map.converters.update(_CONVERTERS))
    job = "/request/<part:name>/<part:number>/<part:jobid>"

    @calls.post("/request/pvcls", _LIST_DIRECTORY)
    @calls.post("/request/pvcls/", _LIST_DIRECTORY)
    def pvcls() -> Response:
        qs = arguments.query(read(request))
        path, details = arguments.path(qs), arguments.details(qs)
        return Response(wire.listing(bridge.list_directory(path), details), content_type=_TEXT)

    @calls.post(f"{job}/<shutdown:method>", _SHUTDOWN)
    def job_shutdown(name: str, number: str, jobid: str, method: str) -> Response:
        arguments.query(read(request))
        bridge.cancel(_named(name, number, jobid))
        return Response("", content_type=_TEXT)

    @calls.post(f"{job}/<rest:method>", _REQUEST)
    def job_request(name: str, number: str, jobid: str, method: str) -> Response:
        method = method.rstrip("/")
        if not method or "/" in method:
            raise BadRequest(_FOUR_PARTS)
        qs = arguments.query(read(request))
        ref = _named(name, number, jobid)
        if method == "info":
            return jsonify(wire.info(current().address(bridge.url(ref))))
        if method == "screenshot":
            return _image(bridge.screenshot(ref))
        if method == "tail":
            return Response(wire.text(bridge.output(ref, arguments.lines(qs))), content_type=_TEXT)
        return Response("", content_type=_TEXT)

    @calls.post("/request/<rest:path>", _REQUEST)
    def job_request_in_parts(path: str) -> Response:
        raise BadRequest(_FOUR_PARTS)


def _image(image: bytes) -> Response:
    return Response(image, content_type=wire.image_type(image))


def _named(name: str, number: str, jobid: str) -> JobRef:
    return JobRef(arguments.name(name), arguments.number(number), arguments.job_id(jobid))


class _Part(BaseConverter):
    """One part of a path. It may be empty: the call says what is wrong with it."""

    regex = "[^/]*"


class _Rest(BaseConverter):
    """The rest of a path, slashes and line breaks included."""

    regex = "(?s:.*)"
    part_isolating = False
    weight = 1000  # after every other rule


class _Shutdown(BaseConverter):
    """The methods that end a job. Slashes at the end do not matter."""

    regex = "(?:shutdown|abort)/*"
    part_isolating = False


_CONVERTERS = {"part": _Part, "rest": _Rest, "shutdown": _Shutdown}
