"""Which image a job uses, and whose credentials pull it."""

import base64
import json
import logging
from typing import Any

import pytest

from dssr.errors import BadRequest
from dssr.settings import Settings
from dssr.upstream import images
from dssr.upstream.syntax import Fields


def job(**values: object) -> Fields:
    """A script with these JOBOBJ_ lines."""
    return Fields("".join(f"JOBOBJ_{key}={value}\n" for key, value in values.items()))


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def config(auths: Any) -> str:
    """JOBOBJ_CTRSECRET with these auths."""
    return b64(json.dumps({"auths": auths}))


def secret(server: str = "gcr.io", username: str = "own", password: str = "pass") -> str:
    """JOBOBJ_DOCKER_SECRET for that server."""
    return json.dumps({"server": server, "username": username, "password": password})


# --- images


@pytest.mark.parametrize(
    ("tag", "architecture", "wanted"),
    [
        ("latest", "x86_64", "latest"),
        ("1.2-amd64", "x86_64", "1.2-amd64"),
        ("1.2-amd64", "arm64", "1.2-arm64"),
        ("1.2-x86_64", "x86_64", "1.2-amd64"),
        ("1.2-arm64", "x86_64", "1.2-amd64"),
        ("1.2-amd64", "", "1.2-amd64"),
        ("amd64", "arm64", "amd64"),
    ],
)
def test_the_init_image_fits_the_jobs_architecture(
    tag: str, architecture: str, wanted: str
) -> None:
    """An architecture at the end of the tag is replaced by the job's; other tags, and jobs without
    one, leave it unchanged."""
    settings = Settings(
        system_registry="us.gcr.io", system_repo_base="jarvice/core", images_tag=tag
    )
    assert (
        images.init_image(2, architecture, settings)
        == f"docker://us.gcr.io/jarvice/core/initv2:{wanted}"
    )


@pytest.mark.parametrize(
    "settings", [Settings(), Settings(system_registry="r"), Settings(system_repo_base="b")]
)
def test_without_a_system_registry_there_is_no_init_image(settings: Settings) -> None:
    """There is no init image without both the system registry and its repository base."""
    assert images.init_image(2, "", settings) == ""


@pytest.mark.parametrize(
    ("repo", "wanted"),
    [
        ("gcr.io/p/app:1", "docker://gcr.io/p/app:1"),
        ("docker://gcr.io/p/app:1", "docker://gcr.io/p/app:1"),
        ("ubuntu", "docker://ubuntu"),
        ("/apps/box.sif", "/apps/box.sif"),
        ("/apps/box.img", "docker:///apps/box.img"),
        ("apps/box.sif", "docker://apps/box.sif"),
        ("", ""),
        ("None", ""),
    ],
)
def test_the_image_comes_from_where_it_is(repo: str, wanted: str) -> None:
    """A job's image comes from its registry, or from a .sif file by its absolute path; a job may
    name none."""
    assert images.app_image(job(REPO=repo), Settings()) == wanted


def test_the_local_registry_has_the_images_by_application_name() -> None:
    """The local registry takes precedence over the proxy; only a .sif file is used as it is."""
    settings = Settings(
        local_registry="reg:5000",
        local_repo_base="apps",
        registry_proxy_port="9",
        registry_proxy_repos=("gcr.io",),
    )
    assert (
        images.app_image(job(REPO="gcr.io/p/app:1", NAE="app-x"), settings)
        == "docker://reg:5000/apps/app-x:latest"
    )
    assert images.app_image(job(REPO="/a/b.sif"), settings) == "/a/b.sif"
    with pytest.raises(BadRequest, match="JOBOBJ_NAE"):
        images.app_image(job(REPO="gcr.io/p/app:1"), settings)


@pytest.mark.parametrize(
    ("repo", "wanted"),
    [
        ("gcr.io/p/app", "docker://localhost:5002/p/app"),
        ("quay.io/mine/app", "docker://localhost:5002/mine/app"),
        ("quay.io/other/app", "docker://quay.io/other/app"),
        ("x/gcr.io/app", "docker://x/gcr.io/app"),
    ],
)
def test_the_proxy_replaces_the_host(repo: str, wanted: str) -> None:
    """The proxy replaces the host of images that begin with one of its repositories, and of no
    other."""
    settings = Settings(
        registry_proxy_port="5002", registry_proxy_repos=("gcr.io/p", "quay.io/mine")
    )
    assert images.app_image(job(REPO=repo), settings) == wanted


@pytest.mark.parametrize(
    ("registries", "image", "shared"),
    [
        ((), "docker://gcr.io/p/app", False),
        (("gcr.io/p",), "docker://gcr.io/p/app", True),
        (("docker://gcr.io",), "docker://gcr.io/p/app", True),
        (("quay.io", "gcr.io"), "docker://gcr.io/p/app", True),
        (("p/app",), "docker://gcr.io/p/app", False),
        (("gcr.io",), "", False),
    ],
)
def test_a_global_registry_is_a_prefix(
    registries: tuple[str, ...], image: str, shared: bool
) -> None:
    """An image is shared when it begins with a global registry; with none set, no image is."""
    assert images.is_global(image, Settings(global_registries=registries)) is shared


# --- credentials


@pytest.mark.parametrize("server", ["gcr.io", "https://gcr.io", "https://gcr.io/v2/", "GCR.io"])
def test_the_jobs_own_secret_is_used_for_its_registry(server: str) -> None:
    """The job's own secret is used for its registry, however the server's address is written,
    before the configuration."""
    fields = job(
        REPO="gcr.io/p/app",
        DOCKER_SECRET=secret(server),
        CTRSECRET=config({"gcr.io": {"auth": b64("a:b")}}),
    )
    assert images.credentials(fields, Settings()) == ("own", "pass")


@pytest.mark.parametrize(
    "auths",
    [
        {"https://gcr.io/v1/": {"auth": b64("a:b:c")}},
        {"quay.io": {"auth": b64("x:y")}, "gcr.io": {"username": "a", "password": "b:c"}},
        {"gcr.io": {}, "https://gcr.io": {"auth": b64("a:b:c")}},
    ],
)
def test_the_configuration_is_searched_otherwise(auths: Any) -> None:
    """A secret for another server is not used; the entry is the registry's, as base64 or as two
    texts."""
    fields = job(REPO="gcr.io/p/app", DOCKER_SECRET=secret("quay.io"), CTRSECRET=config(auths))
    assert images.credentials(fields, Settings()) == ("a", "b:c")


@pytest.mark.parametrize(
    "repo", ["ubuntu", "me/app:1", "docker.io/me/app", "index.docker.io/me/app", "a/b/c"]
)
@pytest.mark.parametrize(
    "server", ["docker.io", "https://index.docker.io/v1/", "registry-1.docker.io"]
)
def test_an_image_without_a_host_is_docker_hubs(repo: str, server: str) -> None:
    """An image without a host is Docker Hub's, whose several names are one registry."""
    fields = job(REPO=repo, CTRSECRET=config({server: {"auth": b64("a:b")}}))
    assert images.credentials(fields, Settings()) == ("a", "b")


@pytest.mark.parametrize("repo", ["localhost/app", "reg:5000/app", "reg.example/app"])
def test_a_host_is_known_by_a_dot_a_port_or_its_name(repo: str) -> None:
    """A first part with a dot, with a port, or named localhost is a host, so Docker Hub's
    credentials go to no other registry."""
    fields = job(REPO=repo, CTRSECRET=config({"docker.io": {"auth": b64("a:b")}}))
    assert images.credentials(fields, Settings()) == ("", "")


def test_credentials_follow_the_image() -> None:
    """The local registry gets its own credentials, the proxy those of the registry behind it."""
    both = config({"gcr.io": {"auth": b64("g:g")}, "reg:5000": {"auth": b64("l:l")}})
    fields = job(REPO="gcr.io/p/app", NAE="x", CTRSECRET=both)
    assert images.credentials(fields, Settings(local_registry="reg:5000", local_repo_base="b")) == (
        "l",
        "l",
    )
    assert images.credentials(
        fields, Settings(registry_proxy_port="1", registry_proxy_repos=("gcr.io",))
    ) == ("g", "g")


def test_a_file_needs_no_credentials() -> None:
    """A .sif file needs no credentials."""
    assert images.credentials(
        job(REPO="/a/b.sif", DOCKER_SECRET=secret("index.docker.io")), Settings()
    ) == ("", "")


BROKEN = [
    "hush", "{", "[]", "1", '"hush"', "{{}}", "[" * 100_000, '{"server": "gcr.io"}',
    '{"server": 1, "username": 2, "password": 3}',
    '{"server": "gcr.io", "username": "hush", "password": null}',
    '{"server": "gcr.io", "username": "\\ud800hush", "password": "x"}',
    '{"server": "gcr.io", "username": "hush\\u0000", "password": "x"}',
]  # fmt: skip


@pytest.mark.parametrize("text", BROKEN, ids=lambda text: text[:40])
def test_a_broken_secret_is_ignored_and_stays_secret(
    text: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A job with a broken secret is run without it; the log has the key, and nothing of its
    value."""
    with caplog.at_level(logging.DEBUG):
        assert images.credentials(job(REPO="gcr.io/p/app", DOCKER_SECRET=text), Settings()) == (
            "",
            "",
        )
    assert "JOBOBJ_DOCKER_SECRET" in caplog.text
    assert "hush" not in caplog.text


BROKEN_CONFIGURATIONS = [
    "hush",
    "!",
    b64("hush"),
    b64("[]"),
    b64("[" * 100_000),
    b64('{"auths": ["gcr.io"]}'),
    config({"gcr.io": 1}),
    config({"gcr.io": {"auth": "hush!"}}),
    config({"gcr.io": {"auth": "/w=="}}),
    config({"gcr.io": {"username": "hush"}}),
]


@pytest.mark.parametrize("text", BROKEN_CONFIGURATIONS, ids=range(len(BROKEN_CONFIGURATIONS)))
def test_a_broken_configuration_is_ignored_and_stays_secret(
    text: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A job with a broken JOBOBJ_CTRSECRET is run without it, at every depth, and the log does not
    have its value."""
    with caplog.at_level(logging.DEBUG):
        assert images.credentials(job(REPO="gcr.io/p/app", CTRSECRET=text), Settings()) == ("", "")
    assert "JOBOBJ_CTRSECRET" in caplog.text
    assert "hush" not in caplog.text


def test_a_broken_secret_does_not_hide_the_configuration() -> None:
    """Of a broken secret and a readable configuration the readable one is used."""
    fields = job(
        REPO="gcr.io/p/app", DOCKER_SECRET="{", CTRSECRET=config({"gcr.io": {"auth": b64("a:b")}})
    )
    assert images.credentials(fields, Settings()) == ("a", "b")


@pytest.mark.parametrize("text", ["", "None", "null", "{}"])
def test_no_secret_is_nothing_to_log(text: str, caplog: pytest.LogCaptureFixture) -> None:
    """The ways in which the upstream sends no secret leave no line in the log."""
    assert images.credentials(job(REPO="gcr.io/p/app", DOCKER_SECRET=text), Settings()) == ("", "")
    assert caplog.text == ""


def test_all_four_are_exported_in_base64() -> None:
    """The system registry's credentials come from the settings, the job's own from its script; they
    are empty where there are none."""
    settings = Settings(docker_username="sys", docker_password="pw ü")
    assert dict(images.secrets(job(REPO="gcr.io/p/app", DOCKER_SECRET=secret()), settings)) == {
        "JARVICE_INIT_DOCKER_USERNAME": b64("sys"),
        "JARVICE_INIT_DOCKER_PASSWORD": b64("pw ü"),
        "JARVICE_DOCKER_USERNAME": b64("own"),
        "JARVICE_DOCKER_PASSWORD": b64("pass"),
    }
    assert set(dict(images.secrets(job(), Settings())).values()) == {""}
