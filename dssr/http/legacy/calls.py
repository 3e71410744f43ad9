"""The legacy API's calls: what comes in is checked here, what goes out is shaped by ``dssr.http.legacy.wire``."""

from flask import Blueprint, Response, g, jsonify, request

from dssr import bridge as pick
from dssr.bridge import Bridge, Submission
from dssr.errors import BadRequest, DssrError
from dssr.http.errors import sentence
from dssr.http.legacy import arguments, wire
from dssr.http.legacy.job_lists import Listing
from dssr.job import JobRef

_TEXT = "text/plain; charset=utf-8"


def routes(bridge: Bridge) -> Blueprint:
    """All calls of the legacy API over ``bridge``."""
    calls = Blueprint("legacy", __name__)
    _add_cluster_calls(calls, bridge)
    _add_job_calls(calls, bridge)
    _add_request_calls(calls, bridge)
    return calls


def _add_cluster_calls(calls: Blueprint, bridge: Bridge) -> None:
    @calls.get("/live")
    def live() -> Response:
        return jsonify(status="OK")

    @calls.get("/gc")
    def gc() -> tuple[Response, int]:
        try:
            bridge.ping()
        except DssrError as error:
            g.failure = sentence(error.message)
            return jsonify(status="BAD", reason=g.failure), 500
        return jsonify(status="OK"), 200

    @calls.get("/nodes")
    def nodes() -> Response:
        return Response("true", content_type=_TEXT)

    @calls.post("/online")
    def online() -> Response:
        arguments.host_and_status(arguments.read(request))
        return jsonify(True)

    running, queued = Listing(bridge, pick.running), Listing(bridge, pick.queued)
    calls.add_url_rule("/running", "running", running.answer, methods=["GET"])
    calls.add_url_rule("/queued", "queued", queued.answer, methods=["GET"])


def _add_job_calls(calls: Blueprint, bridge: Bridge) -> None:
    @calls.post("/submit")
    def submit() -> Response:
        submitted = bridge.submit(_submission(), lambda owner: setattr(g, "owner", owner))
        g.native_id = submitted.native_id
        return jsonify([submitted.native_id, submitted.script])

    @calls.post("/runstatus")
    def runstatus() -> Response:
        ref, snapshot = _job(), bridge.snapshot()
        answer = jsonify(wire.status(ref, snapshot.find(ref)))
        answer.headers.update(wire.age(snapshot))
        return answer

    @calls.post("/exitstatus")
    def exitstatus() -> Response:
        return jsonify(wire.result(bridge.result(_job())))

    @calls.post("/terminate")
    def terminate() -> Response:
        bridge.cancel(_job())
        return jsonify(True)

    @calls.post("/release")
    def release() -> Response:
        bridge.release(_job())
        return jsonify(True)

    @calls.post("/events")
    def events() -> Response:
        return jsonify(bridge.describe(_job()))


def _add_request_calls(calls: Blueprint, bridge: Bridge) -> None:
    @calls.post("/request/pvcls")
    @calls.post("/request/pvcls/", endpoint="pvcls")
    def pvcls() -> Response:
        qs = arguments.query(arguments.read(request))
        path, details = arguments.path(qs), arguments.details(qs)
        return Response(wire.listing(bridge.list_directory(path), details), content_type=_TEXT)

    @calls.post("/request/<rest:path>")
    def job_request(path: str) -> Response:
        qs = arguments.query(arguments.read(request))
        ref, method = _job_and_method(path)
        if method == "info":
            return jsonify(wire.info(bridge.url(ref)))
        if method == "tail":
            return Response(wire.text(bridge.output(ref, arguments.lines(qs))), content_type=_TEXT)
        if method in ("shutdown", "abort"):
            bridge.cancel(ref)
        return Response("", content_type=_TEXT)


def _job() -> JobRef:
    return arguments.job(arguments.read(request))


def _submission() -> Submission:
    args = arguments.read(request)
    return Submission(
        name=arguments.name(args["name"]),
        number=arguments.number(args["number"]),
        nodes=arguments.nodes(args["nodes"]),
        scripts=arguments.scripts(args["hpc_script"]),
        held=arguments.held(args.optional("held")),
        bearer=arguments.bearer(args.optional("bearer")),
    )


def _job_and_method(path: str) -> tuple[JobRef, str]:
    parts = path.rstrip("/").split("/")
    if len(parts) != 4:
        raise BadRequest(
            "/request needs four parts behind it, /request/<name>/<number>/<jobid>/<method>, or 'pvcls'."
        )
    return JobRef(
        arguments.name(parts[0]), arguments.number(parts[1]), arguments.job_id(parts[2])
    ), parts[3]
