"""The calls of the files of a job: the list of a directory, downloads, the archive."""

import base64
import binascii
import time
from collections.abc import Iterator, Sequence
from urllib.parse import parse_qs

from flask import Response, request
from werkzeug.http import http_date

from dssr.access.limits import network
from dssr.access.scopes import Scope
from dssr.errors import BadRequest
from dssr.http.call import Answer, Calls, Described, Example, Header, Needs
from dssr.http.request import current
from dssr.http.v1 import api, attachments, ranges
from dssr.http.v1.models import FileList
from dssr.http.v1.queries import ArchiveQuery, FileListQuery
from dssr.http.v1.reading import query_as
from dssr.http.v1.rendering import age_members, digest, tagged, time_text
from dssr.jobs import Jobs
from dssr.jobs.files import JobFiles
from dssr.record import JobRecord
from dssr.seams import FileEntry
