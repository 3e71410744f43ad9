"""Host keys as operators write them and hosts present them, made by ssh-keygen."""

import base64
import hashlib
import subprocess
from pathlib import Path

import pytest

from connectors.transports.host_keys import Host, Known, fingerprint, host_keys
from dssr.errors import SettingsError
from dssr.seams import HostKeyState
from tests.connectors.transports.ssh.impostor import made

TRUSTED = HostKeyState.TRUSTED


class TestHostKeys:
    """The setting JARVICE_SLURM_SSH_HOST_KEY."""

    ED25519, RSA, ECDSA = (
        made(kind).text for kind in ("ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256")
    )

    @pytest.mark.parametrize(
        "written",
        [
            "{0}",
            "{0} root@login",
            "  {0}  ",
            "login {0}",
            "login,198.51.100.7 {0} comment",
            "[login]:2222 {0}",
            "|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= {0}",
            "{0},{1}",
            "{0}, {1}",
            "{1}\n{0}\n{2}\n",
            "# login:22 SSH-2.0-OpenSSH_10.0\nlogin {0}\n# login:22\nlogin {1}\n",
            "login {0}, login {1}",
        ],
    )
    def test_all_ways_to_write_it(self, written: str) -> None:
        """The setting takes keys, known_hosts lines, ssh-keyscan's output, and several of each."""
        expected = written.format(self.ED25519, self.RSA, self.ECDSA)
        known = Known(host_keys(expected))
        assert known.state(made("ssh-ed25519")) is TRUSTED
        assert "ssh-ed25519" in known.kinds
        assert (known.state(made("ssh-rsa")) is TRUSTED) == ("{1}" in written)
        assert ("ssh-rsa" in known.kinds) == ("{1}" in written)

    def test_a_fingerprint_is_as_good(self, tmp_path: Path) -> None:
        """A fingerprint as ssh-keygen -l shows it is trusted, and has no type."""
        (tmp_path / "key.pub").write_text(self.ECDSA)
        words = ["ssh-keygen", "-l", "-f", str(tmp_path / "key.pub")]
        shown = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()[1]
        key = made("ecdsa-sha2-nistp256")
        assert shown == key.fingerprint
        for setting in (shown, f"{shown}=", f"{self.RSA}, {shown}"):
            assert Known(host_keys(setting)).state(key) is TRUSTED
        known = Known(host_keys(shown))
        assert known.state(made("ssh-ed25519")) is HostKeyState.CHANGED
        assert (known.kinds, known.has_fingerprints, known.fingerprints) == ((), True, (shown,))

    @pytest.mark.parametrize(
        "wrong",
        [
            "AAAA",
            "ssh-ed25519",
            "ssh-ed25519 AAAA",
            "ssh-ed25519 !!!",
            "SHA256:tooshort",
            "MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48",
            "login",
            "-----BEGIN OPENSSH PRIVATE KEY-----",
        ],
    )
    def test_what_is_no_host_key_is_refused(self, wrong: str) -> None:
        """An entry that is no host key is an error, also beside valid ones."""
        for text in (wrong, f"{self.RSA},{wrong}", f"{self.RSA}\n{wrong}"):
            with pytest.raises(SettingsError, match="JARVICE_SLURM_SSH_HOST_KEY") as raised:
                host_keys(text)
            assert len(raised.value.problems) == 1

    def test_a_key_that_is_cut_short_or_of_another_type_is_refused(self) -> None:
        """A key whose type is not the one that its data names is an error."""
        kind, blob = self.RSA.split()
        for text in (f"ssh-ed25519 {blob}", f"{kind} {blob[:8]}"):
            with pytest.raises(SettingsError):
                host_keys(text)

    @pytest.mark.parametrize("marker", ["@revoked", "@cert-authority"])
    def test_marked_lines_of_known_hosts_are_refused(self, marker: str) -> None:
        """Lines with @revoked or @cert-authority are errors in the setting."""
        for text in (f"{marker} login {self.ED25519}", f"{marker} {self.ED25519}"):
            with pytest.raises(SettingsError):
                host_keys(text)

    def test_none_is_none(self) -> None:
        """An empty setting has no keys."""
        assert host_keys(" \n") == ()
        assert Known().state(made("ssh-ed25519")) is HostKeyState.UNKNOWN

    def test_the_fingerprint_is_that_of_the_wire_form(self) -> None:
        """A fingerprint is SHA-256 of the wire form, in base64 without padding."""
        digest = hashlib.sha256(b"key").digest()
        assert fingerprint(b"key") == "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def test_a_revoked_key_is_never_trusted() -> None:
    """A revoked key is not trusted, whatever else is known."""
    key = made("ssh-ed25519")
    assert Known((key.text,), (key.text,)).state(key) is HostKeyState.REVOKED


@pytest.mark.parametrize(
    ("host", "pattern"),
    [
        (Host("Login.Example.org", 22), "login.example.org"),
        (Host("login", 2222), "[login]:2222"),
        (Host("[2001:db8::1]", 22), "2001:db8::1"),
        (Host("2001:db8::1", 2222), "[2001:db8::1]:2222"),
    ],
)
def test_what_a_host_is_called_in_a_file(host: Host, pattern: str) -> None:
    """A host's name in a file is in small letters, with its port unless that is 22 (sshd(8))."""
    assert host.pattern == pattern
