from pathlib import Path

import pytest

from dssr.client import BadTarget
from dssr.client.target import Target, choose, parse_file, read_file

A, B, C = "https://a.example", "https://b.example", "https://c.example"


@pytest.mark.parametrize(
    ("given", "environ", "file", "url", "cluster"),
    [
        ({}, {}, {}, "", ""),
        ({}, {}, {"url": C}, C, ""),
        ({}, {}, {"url": C, "cluster": "c"}, "", "c"),
        ({}, {"DSSR_URL": B}, {"url": C, "cluster": "c"}, B, ""),
        ({}, {"DSSR_URL": B, "DSSR_CLUSTER": "b"}, {}, "", "b"),
        ({"url": A}, {"DSSR_URL": B, "DSSR_CLUSTER": "b"}, {"url": C}, A, ""),
        ({"cluster": "a"}, {"DSSR_URL": B, "DSSR_CLUSTER": "b"}, {"url": C}, "", "a"),
        ({"url": None, "cluster": ""}, {"DSSR_URL": f" {B}/api/v1/ "}, {}, B, ""),
    ],
)
def test_the_nearest_word_decides(
    given: dict[str, str | None], environ: dict[str, str], file: dict[str, str], url: str,
    cluster: str,
) -> None:  # fmt: skip
    """Arguments go before variables, variables before the file, and a cluster before an address at
    the same place."""
    chosen = choose(given, environ, file)
    assert (chosen.url, chosen.cluster) == (url, cluster)


@pytest.mark.parametrize(
    ("given", "environ", "file", "token"),
    [
        ({"token": "t1"}, {"DSSR_URL": A, "DSSR_TOKEN": "t2"}, {"token": "t3"}, "t1"),
        ({}, {"DSSR_URL": A, "DSSR_TOKEN": "t2"}, {"token": "t3"}, "t2"),
        ({"url": B}, {"DSSR_TOKEN": "t2"}, {}, "t2"),
        ({"url": B}, {"DSSR_URL": A, "DSSR_TOKEN": "t2"}, {}, ""),
        ({"url": B, "token": "t1"}, {"DSSR_URL": A, "DSSR_TOKEN": "t2"}, {}, "t1"),
        ({"url": f"{A}:443/x"}, {"DSSR_URL": A, "DSSR_TOKEN": "t2"}, {}, "t2"),
        ({"url": "http://a.example"}, {"DSSR_URL": A, "DSSR_TOKEN": "t2"}, {}, ""),
        ({"url": f"{A}:5000"}, {"DSSR_URL": A, "DSSR_TOKEN": "t2"}, {}, ""),
        ({}, {"DSSR_URL": A}, {"token": "t3", "url": f"{A}/"}, "t3"),
        ({}, {"DSSR_URL": A}, {"token": "t3", "url": C}, ""),
        ({"cluster": "a"}, {"DSSR_TOKEN": "t2"}, {}, ""),
        ({}, {"DSSR_TOKEN": "t2"}, {}, ""),
    ],
)
def test_a_token_goes_to_its_own_bridge(
    given: dict[str, str | None], environ: dict[str, str], file: dict[str, str], token: str
) -> None:
    """The file's token goes to the file's host alone, that of the variables to the host in
    ``DSSR_URL`` where that is set, and none to no bridge."""
    chosen = choose(given, environ, file)
    assert chosen.token == token
    assert not token or token not in repr(chosen)


@pytest.mark.parametrize(("url", "token"), [(A, "u"), (B, "")])
def test_the_name_of_a_user_goes_to_its_own_bridge(url: str, token: str) -> None:
    """``DSSR_USER_TOKEN`` is not sent to another host than that in ``DSSR_URL``."""
    environ = {"DSSR_URL": A, "DSSR_USER_TOKEN": "u"}
    assert choose({"url": url}, environ).user_token == token


def test_a_token_for_any_bridge_is_refused() -> None:
    """A file with a token must say for which address it is, unless another token is given."""
    with pytest.raises(BadTarget, match="no 'url'"):
        choose({"url": A}, {}, {"token": "t3"})
    assert choose({"url": A, "token": "t1"}, {}, {"token": "t3"}).token == "t1"


@pytest.mark.parametrize(
    ("url", "token", "is_exposed"),
    [
        ("http://a.example", "t", True),
        ("http://a.example", "", False),
        ("https://a.example", "t", False),
        ("http://127.0.0.2:5000", "t", False),
        ("http://[::1]", "t", False),
        ("http://localhost", "t", False),
    ],
)
def test_a_token_that_others_can_read_on_the_way(url: str, token: str, is_exposed: bool) -> None:
    """A token is exposed where it goes to another machine without encryption."""
    assert choose({"url": url, "token": token}, {}).is_exposed == is_exposed


@pytest.mark.parametrize(
    "url",
    ["a.example", "ftp://a", "https://", "http://a:x", "https://u:p@a", f"{A}?x=1", "http://[a"],
)
def test_an_address_that_is_none_is_named(url: str) -> None:
    """What cannot be an address is an error that names where it is from."""
    with pytest.raises(BadTarget, match="DSSR_URL"):
        choose({}, {"DSSR_URL": url})


@pytest.mark.parametrize("host", ["-oProxyCommand=x", "a b", "a/b", " - "])
def test_a_host_that_is_none_is_named(host: str) -> None:
    """What ssh would read as an option, and what is no name, is an error."""
    with pytest.raises(BadTarget, match="'cluster'"):
        choose({"cluster": host}, {})


def test_two_bridges_are_too_many() -> None:
    """An address and a cluster at once are an error."""
    with pytest.raises(BadTarget, match="leave one"):
        choose({"url": A, "cluster": "a"}, {})


def test_it_says_what_it_is() -> None:
    """A target says which bridge it is, and what chose it."""
    assert str(Target()) == "this machine"
    assert (str(choose({}, {"DSSR_URL": A})), choose({}, {"DSSR_URL": A}).chosen_by) == (
        A,
        "DSSR_URL",
    )


def test_the_file_is_where_the_user_keeps_such_files(tmp_path: Path) -> None:
    """The file is in ``XDG_CONFIG_HOME``, or in ``~/.config``; without one nothing is set."""
    for name, environ in (
        ("x/dssr", {"XDG_CONFIG_HOME": str(tmp_path / "x")}),
        ("h/.config/dssr", {"HOME": str(tmp_path / "h")}),
    ):
        assert read_file(environ) == {}
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "config.toml").write_text(f'url = "{A}"\n')
        assert read_file(environ) == {"url": A}


def test_a_token_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """A file with a token must be its owner's alone; the error has the command for that."""
    (tmp_path / "dssr").mkdir()
    path = tmp_path / "dssr" / "config.toml"
    path.write_text('token = "secret"\n')
    path.chmod(0o644)
    with pytest.raises(BadTarget, match="chmod 600"):
        read_file({"XDG_CONFIG_HOME": str(tmp_path)})
    path.chmod(0o600)
    assert read_file({"XDG_CONFIG_HOME": str(tmp_path)}) == {"token": "secret"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('urll = "x"', "did you mean 'url'"),
        ('what = "x"', "it may have url, token, cluster"),
        ("url = 5", "a text in quotes"),
        ("url = x", "line 1"),
    ],
)
def test_a_mistake_in_the_file_is_named(text: str, words: str) -> None:
    """Unknown keys, other types and bad TOML are errors that name the file and the cure."""
    with pytest.raises(BadTarget, match=words) as caught:
        parse_file(text, "the-file")
    assert "the-file" in str(caught.value)


def test_the_settings_of_a_bridge_name_its_cluster() -> None:
    """Where a bridge's settings are in the environment, jobs go to its cluster, and the client says
    so."""
    found = choose({}, {"JARVICE_SLURM_CLUSTER_ADDR": "login.example.org"})
    assert (str(found), found.cluster) == ("login.example.org", "")
    assert found.chosen_by == "JARVICE_SLURM_CLUSTER_ADDR"
    assert str(choose({}, {})) == "this machine"


@pytest.mark.parametrize(
    ("cluster", "user", "hosts"),
    [("me@login", "me", "login"), ("login", "", "login"), ("me@a,b", "me", "a,b"),
     ("me@a, me@b:22", "me", "a,b:22")],
)  # fmt: skip
def test_a_cluster_may_name_the_user(cluster: str, user: str, hosts: str) -> None:
    """USER@HOST is a host and the user to log in as, as with ssh."""
    chosen = choose({"cluster": cluster}, {})
    assert (chosen.user, chosen.cluster) == (user, hosts)
    assert str(chosen) == (f"{user}@{hosts}" if user else hosts)


def test_a_cluster_names_one_user() -> None:
    """Several users, and a user that is none, are errors that name the variable."""
    for wrong in ("a@one,b@two", "-x@one", "a b@one"):
        with pytest.raises(BadTarget, match="DSSR_CLUSTER"):
            choose({}, {"DSSR_CLUSTER": wrong})
