"""What a call of an API needs, declared where the call is defined.

An ``Api`` is a blueprint with a prefix and a way to render errors. ``Calls`` registers its calls,
each with its ``Needs``. All other code of the HTTP layer reads these records from the ``Catalogue``
of the application, so that a new call or a second API changes no other file.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from flask import Blueprint, Flask, Request, Response
from werkzeug.exceptions import HTTPException, NotFound

from dssr.access.scopes import Scope
from dssr.errors import DssrError

SMALL = 64 * 1024  # bytes of a body, for all that is not a file or a job script
MEGABYTE = 1024 * 1024
_EXTENSION = "dssr.calls"
_RAISE_IT = "send less, or raise JARVICE_SCHED_MAX_BODY_MB"
_View = TypeVar("_View", bound=Callable[..., Any])
Statuses = Mapping[type[DssrError], int]


@dataclass(frozen=True, kw_only=True)
class Header:
    """A header of a request or a response, for the documentation."""

    name: str
    about: str
    example: str
    pattern: str = ""
    is_callers_own: bool = False  # the example fits no other caller's request


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A response that is no error. ``model``: of its JSON; without one the body is
    ``content_type``, or empty."""

    about: str
    model: type[Any] | None = None
    content_type: str = ""
    is_stream_too: bool = False  # it may come as server-sent events
    headers: tuple[Header, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Example:
    """A request that the documentation shows and the tests send. ``{id}`` in a path is a job's."""

    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    data: str = ""  # a body that is no JSON
    status: int = 200  # of its response


@dataclass(frozen=True, kw_only=True)
class Described:
    """What the documentation says about a call. Models are classes that describe themselves as
    JSON schemas; requests are read by them."""

    summary: str
    answers: Mapping[int, Answer]  # by status
    head: Mapping[int, Answer] = field(default_factory=dict)  # of HEAD, where it says more than GET
    errors: tuple[int, ...] = ()  # statuses beside those that every call of the API may have
    body: type[Any] | None = None  # the model of the request's JSON
    body_type: str = ""  # the content type of a body that is no JSON
    query: type[Any] | None = None  # the model of the query string
    headers: tuple[Header, ...] = ()  # of the request
    example: Example = Example()


@dataclass(frozen=True)
class Failure:
    """An error, as an API renders it for the caller."""

    status: int  # of HTTP
    message: str  # one line: what is wrong, where, and what to do
    kind: type[DssrError] | None = None  # None: one of HTTP's own errors, or a fault of the bridge
    retry_after: int | None = None  # seconds; the response has the header already


Render = Callable[[Failure], tuple[str, str]]  # the body of an error's response, its content type


@dataclass(frozen=True)
class Api:
    """One API: where its calls are, and what they have in common."""

    name: str
    render: Render
    prefix: str = ""  # of its paths, such as /api/v1; errors below it are rendered by this API
    statuses: Statuses = field(default_factory=dict)  # other than those of dssr.http.errors
    unknown: Scope = Scope.ADMIN  # what a path without a call needs
    # Of the requests for such a path that belong to no other API, those that this one answers.
    answers_unknown: Callable[[Request], bool] | None = None
    no_call: str = "call {}: GET / lists all calls, and /docs describes them"  # what is not there
    too_large: str = "send less"  # what to do about a request that is too large
    credentials: tuple[str, ...] = ("Authorization",)  # headers; a large request needs one of them
    has_listeners: bool = False  # whether a call may park its request (dssr.http.live)
    # Whether a session of the portal identifies a caller. Where one is needed, ``log_in`` makes the
    # response for a caller without one.
    sessions: Literal["refused", "accepted", "needed"] = "refused"
    log_in: Callable[[str], Response] | None = None


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What a call declares."""

    scope: Scope  # of its caller; calls that change something are in the audit log
    body: int | None = SMALL  # bytes; None: as many as JARVICE_SCHED_MAX_BODY_MB allows
    too_large: str = ""  # what to do about a larger body; empty: what the API says
    deadline: float | None = None  # seconds from arrival to response; None: JARVICE_ANSWER_TIMEOUT
    at_once: bool = (
        False  # needs no cluster: it waits for no turn, and is never refused as too late
    )
    is_submission: bool = False  # JARVICE_SCHED_SUBMISSIONS limits how many a caller has under way
    is_trial: bool = False  # submits nothing, and is limited as submissions are
    statuses: Statuses = field(default_factory=dict)  # other than those of the API
    audit: tuple[str, ...] = ()  # what the audit log shows of the path's parts and the arguments
    label: str = ""  # in /metrics; empty: the call's name
    described: Described | None = None  # in the API's documentation


@dataclass(frozen=True, kw_only=True)
class Call(Needs):
    """A call of an application."""

    api: Api
    name: str
    body: int  # bytes
    changes: bool  # whether it changes something, by its scope

    def too_large_for(self) -> str:
        """What is wrong with a request whose body is larger than the call takes."""
        size = f"{self.body // 1024} KB" if self.body < MEGABYTE else f"{self.body // MEGABYTE} MB"
        return f"The request is larger than the {size} that this call takes: {self.too_large}."


class Calls:
    """The calls of one API, or some of them: registers each with what it needs."""

    def __init__(self, api: Api, name: str = "") -> None:
        """``name``: of the blueprint, where the API has several."""
        self.api = api
        self.needs: dict[str, Needs] = {}
        self.blueprint = Blueprint(name or api.name, __name__, url_prefix=api.prefix or None)

    def get(self, rule: str, needs: Needs) -> Callable[[_View], _View]:
        """Register the decorated function for GET (and HEAD)."""
        return self.add("GET", rule, needs)

    def post(self, rule: str, needs: Needs) -> Callable[[_View], _View]:
        """Register the decorated function for POST."""
        return self.add("POST", rule, needs)

    def delete(self, rule: str, needs: Needs) -> Callable[[_View], _View]:
        """Register the decorated function for DELETE."""
        return self.add("DELETE", rule, needs)

    def add(self, method: str, rule: str, needs: Needs) -> Callable[[_View], _View]:
        """Register the decorated function for a method; its name is the call's."""
        assert not (needs.at_once and "<" in rule), "the server recognises such a call by its path"

        def register(view: _View) -> _View:
            name = view.__name__
            self.needs[name] = needs
            self.blueprint.add_url_rule(rule, name, view, methods=[method])
            return view

        return register


class Catalogue:
    """All calls of an application by their endpoints, and the APIs that they belong to. A path
    without a call has a record of its API, too (``elsewhere``)."""

    def __init__(self, app: Flask, largest_body: int) -> None:
        """``largest_body``: bytes, for calls that leave it to the settings."""
        self._app, self._largest_body = app, largest_body
        self.calls: dict[str | None, Call] = {}
        self._elsewhere: dict[str, Call] = {}  # by prefix: what paths without a call need
        self._choosing: list[tuple[Callable[[Request], bool], Call]] = []  # the same, by request
        self._listened: set[str] = set()  # prefixes of the APIs that have listeners
        app.extensions[_EXTENSION] = self

    @classmethod
    def of(cls, app: Flask) -> "Catalogue":
        """The catalogue of an application."""
        catalogue: Catalogue = app.extensions[_EXTENSION]
        return catalogue

    def add(self, calls: Calls) -> None:
        """Register calls in the application. The first API of a prefix is that of unknown paths."""
        api = calls.api
        self._app.register_blueprint(calls.blueprint)
        for name, needs in calls.needs.items():
            self.calls[f"{calls.blueprint.name}.{name}"] = self._call(api, name, needs)
        elsewhere = self._call(api, "none", Needs(scope=api.unknown))
        self._elsewhere.setdefault(api.prefix, elsewhere)
        if api.answers_unknown:
            self._choosing.append((api.answers_unknown, elsewhere))
        if api.has_listeners:
            self._listened.add(api.prefix)

    def elsewhere(self, path: str) -> Call:
        """What a path without a call needs: the API with the longest prefix of the path says so."""
        fitting = (p for p in self._elsewhere if path == p or path.startswith(f"{p}/") or not p)
        return self._elsewhere[max(fitting, key=len)]

    def unknown(self, sent: Request) -> Call:
        """What a request without a call needs."""
        found = self.elsewhere(sent.path)
        if found.api.prefix or not isinstance(sent.routing_exception, NotFound):
            return found
        return next((call for chosen, call in self._choosing if chosen(sent)), found)

    def expected(self, method: str, path: str) -> Call:
        """The call that a request will be for, before the application gets it.

        ``path``: as in WSGI's ``PATH_INFO``. It costs some microseconds more than to look into
        ``calls``, as the gate does.
        """
        path = path.encode("latin-1").decode("utf-8", "replace")
        if method in ("HEAD", "OPTIONS"):  # Flask answers them, and reads no body
            return self.elsewhere(path)
        try:
            rule, _ = self._app.url_map.bind("").match(path, method, return_rule=True)
        except HTTPException:
            return self.elsewhere(path)
        return self.calls.get(rule.endpoint) or self.elsewhere(path)

    def paths_answered_at_once(self) -> frozenset[str]:
        """The paths of all calls that need no cluster."""
        rules = self._app.url_map.iter_rules()
        return frozenset(
            rule.rule
            for rule in rules
            if rule.endpoint in self.calls and self.calls[rule.endpoint].at_once
        )

    def paths_with_listeners(self) -> tuple[str, ...]:
        """What the paths of calls that may park their requests begin with."""
        return tuple(f"{prefix}/" for prefix in self._listened)

    def _call(self, api: Api, name: str, needs: Needs) -> Call:
        body, too_large = needs.body, needs.too_large or api.too_large
        if body is None:
            body, too_large = self._largest_body, _RAISE_IT
        label = needs.label or name
        if api.prefix:  # the first API, which has none, has labels without its name
            label = f"{api.name}.{label}"
        filled_in = {"body": body, "too_large": too_large, "label": label}
        changes = needs.scope >= Scope.SUBMIT
        return Call(api=api, name=name, changes=changes, **vars(needs) | filled_in)
