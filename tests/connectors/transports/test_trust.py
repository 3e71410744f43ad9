"""Which host keys are trusted."""

import logging
import os
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from connectors.transports.backoff import TrustUnreadable
from connectors.transports.host_keys import Host, Known
from connectors.transports.known_hosts import known_hosts_line
from connectors.transports.trust import FirstUse, KnownHostsFile, Pinned
from dssr.errors import HostKeyRefused
from dssr.seams import HostKeyState
from tests.connectors.transports.ssh.impostor import made

ED25519, RSA = made("ssh-ed25519"), made("ssh-rsa")
LOGIN, OTHER = Host("login", 22), Host("other", 2222)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The path of the file, which may not exist."""
    return tmp_path / "known_hosts"


def test_pinned_keys_are_trusted_for_all_hosts() -> None:
    """Pinned keys are trusted for all hosts, never change, and the cure is a line to paste."""
    trust = Pinned(f"{ED25519.text},{RSA.fingerprint}")
    for host in (LOGIN, OTHER):
        assert [trust.known(host).state(key) for key in (ED25519, RSA)] == [
            HostKeyState.TRUSTED
        ] * 2
        assert trust.learn(host, ED25519) == trust.known(host)
    assert trust.revision is None
    assert trust.read_only() is trust
    assert Pinned("").cure(LOGIN, RSA) == f"set JARVICE_SLURM_SSH_HOST_KEY='{RSA.text}'"
    assert "start the bridge again" in trust.cure(LOGIN, RSA)


class TestKnownHostsFile:
    """A file that the operator maintains."""

    def test_it_is_read_anew_when_it_changes(self, path: Path) -> None:
        """The file is read again after each change, and its revision differs."""
        path.write_text(known_hosts_line(LOGIN, ED25519))
        trust = KnownHostsFile(str(path))
        assert trust.known(LOGIN) == trust.learn(LOGIN, RSA) == Known((ED25519.text,))
        seen = trust.revision
        fresh = path.with_name("fresh")
        fresh.write_text(known_hosts_line(LOGIN, made("ssh-ed25519", 2)))
        fresh.replace(path)
        assert trust.revision != seen
        assert trust.known(LOGIN) == Known((made("ssh-ed25519", 2).text,))
        path.write_text("")
        assert trust.known(LOGIN) == Known()

    def test_its_revision_changes_with_its_mode(self, path: Path) -> None:
        """The revision changes when only the file's mode does."""
        path.write_text(known_hosts_line(LOGIN, ED25519))
        trust = KnownHostsFile(str(path))
        seen = trust.revision
        time.sleep(0.05)  # a file system's clock ticks some hundred times a second
        path.chmod(0o640)
        assert trust.revision != seen

    def test_it_is_read_once(self, path: Path, caplog: pytest.LogCaptureFixture) -> None:
        """An unchanged file is read once, and its broken lines are logged then."""
        path.write_text("nonsense\n" + known_hosts_line(LOGIN, ED25519))
        trust = KnownHostsFile(str(path))
        for _ in range(3):
            assert trust.known(LOGIN) == Known((ED25519.text,))
        assert [record.getMessage() for record in caplog.records] == [
            f"{path}, line 1, is no line of a known_hosts file and has no effect."
        ]

    def test_one_that_cannot_be_read(self, path: Path) -> None:
        """An unreadable file trusts no host, although it was readable before; a reader may lack
        it."""
        path.write_text(known_hosts_line(LOGIN, ED25519))
        trust = KnownHostsFile(str(path))
        assert trust.known(LOGIN).keys
        path.unlink()
        with pytest.raises(
            HostKeyRefused, match="JARVICE_SLURM_SSH_KNOWN_HOSTS cannot be read"
        ) as raised:
            trust.known(LOGIN)
        assert isinstance(raised.value, TrustUnreadable)
        assert raised.value.retry_after <= 15
        assert trust.read_only().known(LOGIN) == Known()
        path.mkdir()
        with pytest.raises(HostKeyRefused):
            trust.read_only().known(LOGIN)

    def test_the_cure_is_a_line(self, path: Path) -> None:
        """The cure is a line for the file, and mentions a certificate authority if there is one."""
        path.write_text(f"@cert-authority login {RSA.text}\n")
        trust = KnownHostsFile(str(path))
        assert f"'[other]:2222 {ED25519.text}'" in trust.cure(OTHER, ED25519)
        assert "@cert-authority has no effect" in trust.cure(LOGIN, ED25519)
        assert "@cert-authority" not in trust.cure(OTHER, ED25519)


class TestFirstUse:
    """The first key of a host is trusted and written down."""

    def test_it_is_written_down_loudly(self, path: Path, caplog: pytest.LogCaptureFixture) -> None:
        """The first key is written to a file of mode 600 and logged; other lines stay."""
        foreign = b"# caf\xe9\nother ssh-rsa AAAA no line end"
        path.write_bytes(foreign)
        trust = FirstUse(str(path))
        assert trust.known(LOGIN) == Known()
        assert trust.learn(LOGIN, ED25519) == trust.known(LOGIN) == Known((ED25519.text,))
        assert path.read_bytes() == foreign + b"\n" + known_hosts_line(LOGIN, ED25519).encode()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        (line,) = (
            record
            for record in caplog.records
            if record.levelno == logging.WARNING and "FIRST" in record.message
        )
        assert ED25519.fingerprint in line.getMessage()

    def test_without_a_file_it_begins(self, path: Path) -> None:
        """A missing file is created with the first key, and a reader creates none."""
        assert FirstUse(str(path)).read_only().learn(LOGIN, ED25519) == Known()
        assert not path.exists()
        assert FirstUse(str(path)).learn(LOGIN, ED25519).keys == (ED25519.text,)

    def test_what_is_known_is_not_learnt_anew(self, path: Path) -> None:
        """No other key of a known or revoked host is learnt."""
        path.write_text(
            f"{known_hosts_line(LOGIN, ED25519)}@revoked other {RSA.text}\n"
            f"[other]:2222,other x y\n@revoked * {RSA.text}\n"
        )
        before = path.read_text()
        trust = FirstUse(str(path))
        assert trust.learn(LOGIN, RSA).state(RSA) is HostKeyState.REVOKED
        assert trust.learn(OTHER, RSA).state(RSA) is HostKeyState.REVOKED
        assert (
            trust.learn(LOGIN, made("ssh-ed25519", 2)).state(made("ssh-ed25519", 2))
            is HostKeyState.CHANGED
        )
        assert path.read_text() == before

    def test_threads_agree(self, path: Path) -> None:
        """When many threads see different keys at once, the first key is trusted by all."""
        keys = [ED25519, RSA, made("ssh-ed25519", 2), made("ssh-rsa", 2)] * 4
        with ThreadPoolExecutor(16) as pool:
            known = set(pool.map(lambda key: FirstUse(str(path)).learn(LOGIN, key), keys))
        assert len(known) == 1
        assert len(path.read_text().splitlines()) == 1

    def test_replicas_agree(self, path: Path) -> None:
        """Processes that write at once lose no line."""
        program = (
            "import sys\n"
            "from connectors.transports.host_keys import Host, HostKey\n"
            "from connectors.transports.trust import FirstUse\n"
            "for n in range(40):\n"
            "    kind, text = 'ssh-rsa', 'key of ' + sys.argv[2]\n"
            "    blob = len(kind).to_bytes(4, 'big') + kind.encode() + text.encode()\n"
            "    FirstUse(sys.argv[1]).learn(Host(f'host{n}', 22), HostKey(kind, blob))\n"
        )
        replicas = [
            subprocess.Popen([sys.executable, "-c", program, str(path), str(i)]) for i in range(3)
        ]
        assert [replica.wait(60) for replica in replicas] == [0, 0, 0]
        lines = path.read_text().splitlines()
        assert sorted(line.split()[0] for line in lines) == sorted(f"host{n}" for n in range(40))

    @pytest.mark.parametrize(
        "where", ["missing/known_hosts", "file/known_hosts", "/proc/known_hosts"]
    )
    def test_one_that_cannot_be_written(self, tmp_path: Path, where: str) -> None:
        """A file that cannot be written trusts no host."""
        (tmp_path / "file").touch()
        with pytest.raises(HostKeyRefused, match="cannot be") as raised:
            FirstUse(str(tmp_path / where)).learn(LOGIN, ED25519)
        assert "known_hosts" in raised.value.message

    def test_a_file_behind_a_link_is_replaced_where_it_is(self, path: Path, tmp_path: Path) -> None:
        """A file behind a link is replaced, and the link stays."""
        real = tmp_path / "real"
        real.touch()
        path.symlink_to(real)
        assert FirstUse(str(path)).learn(LOGIN, ED25519).keys
        assert path.is_symlink()
        assert real.read_text() == known_hosts_line(LOGIN, ED25519)

    def test_nothing_half_written_is_left(self, path: Path) -> None:
        """Beside the file there is only its lock."""
        assert FirstUse(str(path)).learn(LOGIN, ED25519).keys
        assert sorted(os.listdir(path.parent)) == ["known_hosts", "known_hosts.lock"]

    @pytest.mark.parametrize(
        ("line", "why"),
        [
            ("login ssh-ed25519 AAAA damaged", "line 1, names login"),
            (f"@revoked login {ED25519.text}", "revokes a key of login"),
        ],
        ids=["damaged", "revoked"],
    )
    def test_a_host_that_was_known_is_not_seen_for_the_first_time(
        self, line: str, why: str, path: Path
    ) -> None:
        """A host whose only line is revoked or broken is not new, and the file stays as it is."""
        path.write_text(f"{line}\n")
        with pytest.raises(HostKeyRefused, match=why):
            FirstUse(str(path)).learn(LOGIN, RSA)
        assert path.read_text() == f"{line}\n"
