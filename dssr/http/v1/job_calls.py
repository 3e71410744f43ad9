"""The calls of jobs, but for their output."""

import json
import re
import time

from flask import Response, request
from flask.typing import ResponseReturnValue
from werkzeug.routing import BaseConverter

from dssr.access.scopes import Scope
from dssr.bridge import Bridge
from dssr.errors import BadRequest, CommandTimeout, OutcomeUnknown
from dssr.http import live
from dssr.http.call import Answer, Calls, Described, Example, Needs
from dssr.http.request import current
from dssr.http.v1 import api
from dssr.http.v1.job_feeds import JobWait
from dssr.http.v1.models import CheckedJob, Explanation, Job, JobList
from dssr.http.v1.ownership import find_own, locate_own, owner
from dssr.http.v1.queries import JobListQuery, JobQuery, ScriptQuery
from dssr.http.v1.reading import body_as, query_as
from dssr.http.v1.rendering import (
    JobRenderer,
    digest,
    json_response,
    tagged,
    text_response,
    time_text,
)
from dssr.http.v1.submission import EXAMPLE, JobSubmission
from dssr.jobs import Jobs
from dssr.jobs.one_script import one_script
from dssr.jobs.request import Origin
from dssr.jobs.states import state_of
from dssr.watch import Watch

_KEY = re.compile(api.IDEMPOTENCY_KEY.pattern)
_THE_JOB = Answer(about="The job", model=Job)
_AUDIT = ("id", "name")
_A_JOB = (404, 409)  # no such job; several jobs

LIST = Needs(
    scope=Scope.READ,
    described=Described(
        summary="List the jobs of both APIs, newest first",
        query=JobListQuery,
        headers=(api.IF_NONE_MATCH,),
        answers={200: Answer(about="A page of jobs", model=JobList, headers=(api.ETAG,))},
        example=Example(query="state=active&label=project=water&limit=10"),
    ),
)
SUBMIT = Needs(
    scope=Scope.SUBMIT,
    body=None,
    is_submission=True,
    audit=_AUDIT,
    described=Described(
        summary="Submit a job",
        body=JobSubmission,
        headers=(api.IDEMPOTENCY_KEY, api.USER_TOKEN),
        answers={
            201: Answer(about="The job", model=Job, headers=(api.LOCATION, api.REPLAYED, api.ETAG))
        },
        errors=(409, 415, 422),
        example=Example(body=EXAMPLE, headers={"Idempotency-Key": "relax-7"}, status=201),
    ),
)
CHECK = Needs(
    scope=Scope.SUBMIT,
    body=None,
    is_trial=True,
    audit=_AUDIT,
    described=Described(
        summary="Show what would be submitted, what is wrong with it, and when it would start",
        body=JobSubmission,
        headers=(api.USER_TOKEN,),
        answers={200: Answer(about="What would be submitted", model=CheckedJob)},
        errors=(415, 422),
        example=Example(body=EXAMPLE),
    ),
)
SHOW = Needs(
    scope=Scope.READ,
    described=Described(
        summary="Show a job, at once or when its state changes",
        query=JobQuery,
        headers=(api.IF_NONE_MATCH,),
        answers={200: Answer(about="The job", model=Job, headers=(api.ETAG,))},
        errors=_A_JOB,
    ),
)
CANCEL = Needs(
    scope=Scope.SUBMIT,
    audit=_AUDIT,
    described=Described(
        summary="Cancel a job",
        headers=(api.USER_TOKEN,),
        answers={200: Answer(about="The job, which had ended already", model=Job), 202: _THE_JOB},
        errors=(*_A_JOB, 422),
        example=Example(status=202),
    ),
)
RELEASE = Needs(
    scope=Scope.SUBMIT,
    audit=_AUDIT,
    described=Described(
        summary="Let a held job start",
        headers=(api.USER_TOKEN,),
        answers={200: _THE_JOB},
        errors=(*_A_JOB, 422),
    ),
)
HOLD = Needs(
    scope=Scope.SUBMIT,
    audit=_AUDIT,
    described=Described(
        summary="Keep a job that waits from starting",
        headers=(api.USER_TOKEN,),
        answers={200: _THE_JOB},
        errors=(*_A_JOB, 422),
    ),
)
WHY = Needs(
    scope=Scope.READ,
    described=Described(
        summary="Explain why a job waits, runs, or ended as it did",
        headers=(api.IF_NONE_MATCH, api.USER_TOKEN),
        answers={200: Answer(about="The explanation", model=Explanation, headers=(api.ETAG,))},
        errors=_A_JOB,
    ),
)
SCRIPT = Needs(
    scope=Scope.READ,
    described=Described(
        summary="Show the script of a job, as it was submitted, or the batch script around it",
        query=ScriptQuery,
        headers=(api.IF_NONE_MATCH, api.USER_TOKEN),
        answers={200: Answer(about="The script", content_type="text/plain")},
        errors=_A_JOB,
    ),
)


def calls(bridge: Bridge, jobs: Jobs, renderer: JobRenderer, watch: Watch) -> Calls:
    """All calls of jobs, but for their output."""
    calls = api.v1_calls("jobs")
    calls.blueprint.record(lambda state: state.app.url_map.converters.update(job=_Id))
    _add_listing(calls, jobs, renderer, watch)
    _add_submissions(calls, bridge, jobs, renderer)
    _add_orders(calls, jobs, renderer)
    _add_texts(calls, jobs)
    return calls


class _Id(BaseConverter):
    """A job's id, and not the path of another call."""

    regex = "(?!check$)[^/]+"


def _add_listing(calls: Calls, jobs: Jobs, renderer: JobRenderer, watch: Watch) -> None:
    @calls.get("/jobs", LIST)
    def list_jobs() -> Response:
        query = query_as(JobListQuery)
        return renderer.page(jobs.page(query.wanted(), query.limit, query.after))

    @calls.get("/jobs/<job:id>", SHOW)
    def show_job(id: str) -> ResponseReturnValue:
        query, job = query_as(JobQuery), jobs.find(id)
        is_known = query.state in (None, state_of(job))
        if query.wait_seconds and is_known and not job.is_final and live.waited() is None:
            return live.wait(JobWait(watch, job), query.wait_seconds)
        return renderer.job(job, jobs.taken)


def _add_submissions(calls: Calls, bridge: Bridge, jobs: Jobs, renderer: JobRenderer) -> None:
    def origin() -> Origin:
        """Who sends the request, and for whom."""
        now, key = current(), request.headers.get("Idempotency-Key", "")
        if "Idempotency-Key" in request.headers and not _KEY.fullmatch(key):
            raise BadRequest("'Idempotency-Key' must have 1 to 128 visible ASCII characters.")
        now.owner = owner(bridge)
        caller = f"{now.caller.by}/{now.caller.name}" if now.caller else ""
        return Origin(caller=caller, key=key, owner=now.owner)

    @calls.post("/jobs", SUBMIT)
    def submit_job() -> Response:
        asked, began = body_as(JobSubmission).request(), time.monotonic()
        try:
            job, is_replayed = jobs.submit(asked, origin())
        except CommandTimeout as error:
            raise OutcomeUnknown(error.message, error.retry_after) from error
        current().native_id = job.ref.native_id
        headers = {"Location": f"{api.PREFIX}/jobs/{job.id}"}
        if is_replayed:
            headers["Idempotency-Replayed"] = "true"
        return renderer.job(job, jobs.taken if is_replayed else began, 201, **headers)

    @calls.post("/jobs/check", CHECK)
    def check_job() -> Response:
        asked = body_as(JobSubmission).request()
        found = jobs.check(asked, origin())
        return json_response({
            "script": one_script(asked),
            "batch_script": found.batch_script,
            "options": list(found.options),
            "warnings": list(found.warnings),
            "refusal": found.refusal,
            "expected_start_at": time_text(found.expected_start),
        })  # fmt: skip


def _add_orders(calls: Calls, jobs: Jobs, renderer: JobRenderer) -> None:
    @calls.delete("/jobs/<job:id>", CANCEL)
    def cancel_job(id: str) -> Response:
        job = find_own(jobs, id)
        found = jobs.cancel(job)
        return renderer.job(found, jobs.taken, 200 if job.is_final else 202)

    @calls.post("/jobs/<id>/release", RELEASE)
    def release_job(id: str) -> Response:
        return renderer.job(jobs.release(find_own(jobs, id)), jobs.taken)

    @calls.post("/jobs/<id>/hold", HOLD)
    def hold_job(id: str) -> Response:
        return renderer.job(jobs.hold(find_own(jobs, id)), jobs.taken)


def _add_texts(calls: Calls, jobs: Jobs) -> None:
    @calls.get("/jobs/<id>/why", WHY)
    def explain_job(id: str) -> Response:
        job = find_own(jobs, id)
        why = jobs.why(job)
        body = json.dumps({
            # The scheduler's words have the scheduler's id, and callers know the job by its own.
            "summary": why.summary.replace(f"Job {job.ref.native_id} ", f"Job {job.id} ", 1),
            "because": why.because,
            "cure": why.cure,
            "expected_start_at": time_text(why.expected_start),
            "evidence": why.evidence,
        })  # fmt: skip
        return tagged(body, digest(body))

    @calls.get("/jobs/<id>/script", SCRIPT)
    def show_script(id: str) -> Response:
        query, job = query_as(ScriptQuery), locate_own(jobs, id)
        return text_response(jobs.batch_script(job) if query.batch else jobs.script(job))
