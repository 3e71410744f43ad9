"""The mapping file's text."""

import base64
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dssr.errors import SettingsError
from dssr.identity import mapping


def entry(key: str = "", **changed: Any) -> dict[str, Any]:
    """One entry as the reference's README shows it; ``None`` leaves a field out."""
    usual = {
        "user": "Alice Example",
        "jarvice_user": "alicee",
        "mail": "alice@example.org",
        "mapped_user": "alice",
        "ssh_private_key_b64": base64.b64encode(key.encode()).decode(),
    }
    return {name: value for name, value in (usual | changed).items() if value is not None}


def text(*entries: Any) -> str:
    return yaml.safe_dump({"users_id_mapping": list(entries)})


def problems(written: str, **how: Any) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        mapping.read(written, **how)
    return caught.value.problems


def test_the_references_file_is_read_as_it_is(private_key: str) -> None:
    """A mapping file of the reference is read unchanged, and its entries for people alone are
    ignored."""
    found = mapping.read(
        text(entry(private_key), entry(private_key, mail="Bob@example.org", mapped_user="bob"))
    )
    assert found.users == {"alice@example.org": "alice", "Bob@example.org": "bob"}
    assert found.keys == {"alice": private_key, "bob": private_key}


def test_a_bare_list_and_folded_keys_are_read_too(private_key: str) -> None:
    """A bare list and keys in YAML's folded blocks are read, too."""
    folded = base64.encodebytes(private_key.encode()).decode().replace("\n", "\n      ")
    found = mapping.read(
        f"- mail: a@x\n  mapped_user: alice\n  ssh_private_key_b64: |\n      {folded}\n"
    )
    assert found.keys == {"alice": private_key}


def test_several_upstream_users_may_be_one_local_user(private_key: str) -> None:
    """Several upstream users may be one local user, whose first key is used."""
    other = private_key + "\n"
    found = mapping.read(
        text(entry(private_key), entry(other, mail="b@x"), entry(private_key, mail="c@x"))
    )
    assert set(found.users.values()) == {"alice"}
    assert found.keys == {"alice": private_key}


def test_keys_may_be_elsewhere(private_key: str) -> None:
    """An entry needs no key where there is a directory of keys, and only there."""
    found = mapping.read(text(entry(ssh_private_key_b64=None)), keys_elsewhere=True)
    assert (dict(found.users), dict(found.keys)) == ({"alice@example.org": "alice"}, {})
    assert problems(text(entry(ssh_private_key_b64=None))) == (
        "Entry 1 has no 'ssh_private_key_b64'.",
    )


@pytest.mark.parametrize(
    "mapped_user",
    ["root;x", "root", "../x", "-x", "", "$(id)", "svc", 1000, ["a"], None, "a\nb", True],
)
def test_a_hostile_local_user_breaks_the_file(mapped_user: Any, private_key: str) -> None:
    """A local user that is root, the service user or no name breaks the file, and the error names
    the entry."""
    [problem] = problems(text(entry(private_key, mapped_user=mapped_user)), never={"svc"})
    assert problem.startswith("Entry 1 ")
    assert "'mapped_user'" in problem


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"mail": None}, "has no 'mail'"),
        ({"mail": ""}, "has an empty 'mail'"),
        ({"mail": 5}, "'mail' that is no text"),
        ({"mail": "a\nb"}, "characters that no address has"),
        ({"ssh_private_key_b64": "XXXX"}, "neither a private key nor base64"),
        ({"ssh_private_key_b64": "!"}, "neither"),
        ({"ssh_private_key_b64": {"a": 1}}, "no text"),
        ({"ssh_private_key_b64": base64.b64encode(b"MARKED").decode()}, "no private key"),
    ],
    ids=str,
)
def test_a_broken_entry_breaks_the_file(
    changed: dict[str, Any], why: str, private_key: str
) -> None:
    """A broken entry breaks the whole file, and its key is not shown."""
    [problem] = problems(
        text(
            entry(private_key),
            entry(private_key, mail="b@x"),
            entry(private_key, **({"mail": "c@x"} | changed)),
        )
    )
    assert problem.startswith("Entry 3 ")
    assert why in problem
    assert "MARKED" not in problem


def test_two_entries_for_one_mail_break_the_file(private_key: str) -> None:
    """A file with two entries for one mail is refused, because it would be unknown which of them
    takes effect."""
    twice = (entry(private_key), entry(private_key, mapped_user="bob"))
    assert problems(text(*twice)) == (
        "Entry 2 is the second one for 'alice@example.org': leave one of them out.",
    )


@pytest.mark.parametrize(
    "written",
    [
        "",
        "x",
        "5",
        "{}",
        "users_id_mapping:",
        "users_id_mapping: {a: b}",
        "users_id_mapping: x",
        "a: [",
        "\tx: y",
        "a: b: c",
        "users_id_mapping: []\nusers_id_mapping: []",
        "- mail: a\n  mail: b",
        "!!python/object/apply:os.system [id]",
        "? [a, b]\n: c",
        "&a [*a",
        "- - - x",
        "a: \x00",
        "[" * 1200,
        "--- []\n--- []",
        '"MARKED: [',
    ],
    ids=lambda text: ascii(text)[:30],
)
def test_what_is_no_list_of_entries_breaks_the_file(written: str) -> None:
    """The error about another structure has the place and nothing of the text."""
    assert problems(written)
    assert "MARKED" not in str(problems(written))


def test_references_to_themselves_do_no_harm() -> None:
    """A list that contains itself is refused, and so are references that expand to millions."""
    assert problems("users_id_mapping: &a [*a]")
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{n}: &{n} [{','.join(f'*{m}' for _ in range(9))}]\n"
        for m, n in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert problems(bomb + "users_id_mapping: *i")


TAGS = [
    f"!!{kind} "
    for kind in (
        "bool",
        "int",
        "float",
        "timestamp",
        "binary",
        "set",
        "omap",
        "pairs",
        "map",
        "seq",
        "x",
    )
]
WORDS = [
    "- ",
    ": ",
    "\n",
    "\n  ",
    "users_id_mapping:",
    "mail",
    "{",
    "}",
    "[",
    "]",
    "&a ",
    "*a ",
    "<<",
    "? ",
    '"',
    "0x",
    *TAGS,
]
ODD = st.lists(st.sampled_from(WORDS) | st.text(max_size=5), max_size=25).map("".join)


@settings(deadline=None)
@given(ODD | st.sampled_from(TAGS).map(lambda tag: f"users_id_mapping: {tag}'x'"))
def test_any_text_is_read_or_refused(written: str) -> None:
    """No text causes another exception than ``SettingsError``."""
    assert outcome(written) is not None


def outcome(written: str) -> object:
    """Which user is mapped to which, or what is wrong."""
    try:
        return mapping.read(written).users
    except SettingsError as error:
        return error.problems or None


def test_only_the_first_of_thousands_of_problems_are_reported() -> None:
    """Of thousands of problems only the first are reported."""
    assert len(problems(text(*[{}] * 1000))) == 20


def test_a_map_does_not_show_its_keys(private_key: str) -> None:
    """The repr of a mapping does not show its keys."""
    assert "PRIVATE" not in repr(mapping.read(text(entry(private_key))))
