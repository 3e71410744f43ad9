"""The calls of the files of services: a caller writes them before a service starts."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response, request

from dssr.access.scopes import Scope
from dssr.bridge import Bridge
from dssr.http.call import Calls, Described, Example, Needs
from dssr.http.v1 import api, file_paths, upload_calls
from dssr.http.v1.file_calls import (
    DOWNLOADED,
    HEAD,
    IF_RANGE,
    UPLOAD_ID,
    Download,
    head,
    uploader,
)
from dssr.http.v1.output_calls import RANGE
from dssr.http.v1.queries import ServiceFilesQuery
from dssr.http.v1.reading import query_as
from dssr.http.v1.service_calls import owner_by
from dssr.job import JobRef
from dssr.jobs.files import JobFiles
from dssr.jobs.transfers import Transfers
from dssr.services.bridge_services import BridgeServices

# Who may read them may run programs as their owner, as those who may write them.
DOWNLOAD = Needs(
    scope=Scope.SUBMIT,
    audit=("name", "path"),
    described=Described(
        summary="Download a file that was written for a service",
        query=ServiceFilesQuery,
        headers=(RANGE, IF_RANGE, api.IF_NONE_MATCH, UPLOAD_ID, api.USER_TOKEN),
        answers=DOWNLOADED,
        head=HEAD,
        errors=(404, 409, 416),
    ),
)
UPLOAD = Needs(
    scope=Scope.SUBMIT,
    body=upload_calls.UPLOAD.body,
    too_large=upload_calls.TOO_LARGE,
    audit=("name", "path"),
    described=Described(
        summary="Write a file of a service, or a part of one; the service need not be there yet",
        query=ServiceFilesQuery,
        body_type="application/octet-stream",
        headers=(
            upload_calls.PART_RANGE,
            upload_calls.NO_OVERWRITE,
            UPLOAD_ID,
            upload_calls.EXECUTABLE,
            api.USER_TOKEN,
        ),
        answers=upload_calls.ANSWERS,
        errors=upload_calls.ERRORS,
        example=Example(data="step,energy"),
    ),
)


@dataclass(frozen=True)
class _Directory:
    """See ``dssr.jobs.files.HasFiles``."""

    id: str
    ref: JobRef


def calls(bridge: Bridge, services: BridgeServices, transfers: Transfers) -> Calls:
    """All calls of services' files. ``transfers``: which count those of jobs, too."""
    calls = api.v1_calls("service-files")
    calls.blueprint.record(file_paths.register)
    find = _finder(services, transfers, owner_by(bridge))

    @calls.get("/services/<name>/files/<file:path>", DOWNLOAD)
    def download_service_file(name: str, path: str) -> Response:
        path, asking = file_paths.of_url(path, "services"), uploader()
        files, directory = find(name, make=False)
        if request.method == "HEAD":
            return head(files, directory, path, asking)
        return Download(files, directory, path).response()

    @calls.add("PUT", "/services/<name>/files/<file:path>", UPLOAD)
    def upload_service_file(name: str, path: str) -> Response:
        upload = upload_calls.upload_to(file_paths.of_url(path, "services"))
        return upload_calls.write(*find(name, make=True), upload)

    return calls


def _finder(
    services: BridgeServices, transfers: Transfers, owner: Callable[[], str]
) -> Callable[..., tuple[JobFiles, _Directory]]:
    def find(name: str, *, make: bool) -> tuple[JobFiles, _Directory]:
        user, where = owner(), query_as(ServiceFilesQuery).directory
        found = services.files(name, user, where, make=make)
        directory = _Directory(f"service {user} {found.path}", JobRef(name, 0))
        return JobFiles(found.files, transfers, is_listed=False), directory

    return find
