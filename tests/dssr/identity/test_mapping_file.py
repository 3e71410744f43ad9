"""The mapping file over time."""

import os
import threading
from pathlib import Path
from typing import Any

import pytest
import yaml

from dssr.errors import Denied, SettingsError
from dssr.identity import mapping, mapping_file
from dssr.identity.key_directory import KeyDirectory
from dssr.identity.mapping_file import LOOK, MappedUsers


def text(key: str, **users: str) -> str:
    """A mapping file that maps mail ``<name>@x`` to local users."""
    entries = [
        {"mail": f"{name}@x", "mapped_user": user, "ssh_private_key_b64": key}
        for name, user in users.items()
    ]
    return yaml.safe_dump({"users_id_mapping": entries})


def test_it_maps_users_and_has_their_keys(written: Any, private_key: str) -> None:
    """Addresses are compared exactly; only mapped users have a key."""
    users = MappedUsers(str(written(text(private_key, alice="al", bob="bo"))))
    assert users.names() == {"al", "bo"}
    assert users.private_key("al") == private_key
    assert [users.local_user(mail) for mail in ("alice@x", "Alice@x", "alice@x ", "al", "")] == [
        "al",
        None,
        None,
        None,
        None,
    ]
    with pytest.raises(Denied):
        users.private_key("root")


def test_a_change_takes_effect_without_a_restart(
    written: Any, private_key: str, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A file that was written to or replaced takes effect within a second, and the log says so."""
    caplog.set_level("INFO")
    path: Path = written(text(private_key, alice="al"))
    users = MappedUsers(str(path), clock=clock)
    written(text(private_key, bob="bo"))
    assert users.names() == {"al"}
    clock.now += LOOK
    assert users.names() == {"bo"}
    os.replace(written(text(private_key, bob="b2"), name="next"), path)
    clock.now += LOOK
    assert users.local_user("bob@x") == "b2"
    assert caplog.text.count("The mapping file names 1 upstream user.") == 2


@pytest.mark.parametrize("harm", ["broken", "hostile", "open", "gone", "empty", "cut"])
def test_a_broken_one_leaves_the_last_good_one_in_force(
    harm: str, written: Any, private_key: str, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A broken file is an error in the log, once for each change, and the last good one stays in
    use until the next good one."""
    good = text(private_key, alice="al", bob="bo")
    path: Path = written(good)
    users = MappedUsers(str(path), clock=clock)
    bad = {
        "broken": "[",
        "hostile": good.replace("mapped_user: bo", "mapped_user: root;x"),
        "empty": "",
        "cut": good[:-60],
    }
    path.unlink() if harm == "gone" else written(
        bad.get(harm, good), 0o644 if harm == "open" else 0o600
    )
    for _ in range(5):
        clock.now += LOOK
        assert users.names() == {"al", "bo"}
    assert users.private_key("al") == private_key
    errors = [r.getMessage() for r in caplog.records if r.levelname == "ERROR"]
    assert (
        errors[0]
        == "THE CHANGED MAPPING FILE IS BROKEN; its last state stays in force (2 upstream users)."
    )
    assert len(errors) == 2
    assert errors[1].count(str(path)) == 1
    assert private_key.splitlines()[1] not in caplog.text
    written(text(private_key, carol="ca"))
    clock.now += LOOK
    assert users.names() == {"ca"}


@pytest.mark.parametrize("harm", ["broken", "open", "gone"])
def test_a_broken_one_stops_the_start(harm: str, written: Any, private_key: str) -> None:
    """A broken file at the start is an error that names the setting and the file."""
    path = written(
        "[" if harm == "broken" else text(private_key, alice="al"),
        0o644 if harm == "open" else 0o600,
    )
    if harm == "gone":
        path.unlink()
    with pytest.raises(SettingsError) as caught:
        MappedUsers(str(path))
    assert caught.value.message.startswith(f"JARVICE_SLURM_USERS_MAPPING_FILE: {path}")
    assert caught.value.message.count(str(path)) == 1


def test_a_file_that_names_no_user_is_warned_about(
    written: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A file that names no user is good, and every submission is refused; the warning follows the
    report."""
    users = MappedUsers(str(written("users_id_mapping: []")))
    assert caplog.records == []
    users.log_users()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "NAMES NO USER" in caplog.text


def test_a_mapped_user_may_have_a_key_in_the_directory(
    written: Any, keys_dir: Any, private_key: str
) -> None:
    """Only mapped users may have their key in the directory; without a directory the file must have
    all keys."""
    path = str(written(text("", alice="al", bob="bo")))
    users = MappedUsers(path, KeyDirectory(str(keys_dir("al", "carol"))))
    assert users.private_key("al") == private_key
    for stranger in ("carol", "bo"):
        with pytest.raises(Denied):
            users.private_key(stranger)
    with pytest.raises(SettingsError):
        MappedUsers(path)


def test_no_caller_waits_while_a_changed_file_is_read(
    written: Any, private_key: str, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one caller reads a changed file, the others use the last good state."""
    users = MappedUsers(str(written(text(private_key, alice="al"))), clock=clock)
    reading, go_on = threading.Event(), threading.Event()

    def slow(*arguments: Any, **more: Any) -> Any:
        reading.set()
        assert go_on.wait(30)
        return mapping.read(*arguments, **more)

    monkeypatch.setattr(mapping_file, "read", slow)
    written(text(private_key, bob="bo"))
    clock.now += LOOK
    reader = threading.Thread(target=users.names)
    reader.start()
    assert reading.wait(30)
    clock.now += LOOK
    assert users.names() == {"al"}
    go_on.set()
    reader.join(30)
    assert users.names() == {"bo"}


def test_a_file_that_could_not_be_had_for_a_moment_is_read_when_it_can(
    written: Any, private_key: str, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A file that was absent for a moment is read again though its stamp is the same; each absence
    is logged."""
    users = MappedUsers(str(written(text(private_key, alice="al"))), clock=clock)
    path: Path = written(text(private_key, bob="bo"))
    stamp = path.stat()
    for gone in (1, 2):
        path.rename(f"{path}.away")
        clock.now += LOOK
        users.names()
        Path(f"{path}.away").rename(path)
        os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        clock.now += LOOK
        assert users.names() == {"bo"}
        assert caplog.text.count("THE CHANGED MAPPING FILE IS BROKEN") == gone
