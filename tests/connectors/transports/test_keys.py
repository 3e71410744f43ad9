"""Keys as operators write them, made by the real tools."""

import base64
import hashlib
import subprocess
import textwrap
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.transports.keys import fingerprint, host_key_matches, host_keys, key_types, private_key
from dssr.errors import SettingsError

KINDS = {
    "ed25519": ("ed25519", ["-t", "ed25519"]),
    "ecdsa-256": ("ecdsa", ["-t", "ecdsa", "-b", "256"]),
    "ecdsa-384": ("ecdsa", ["-t", "ecdsa", "-b", "384"]),
    "ecdsa-521": ("ecdsa", ["-t", "ecdsa", "-b", "521"]),
    "rsa": ("rsa", ["-t", "rsa", "-b", "2048"]),
}
FORMATS = ["RFC4716", "PEM", "PKCS8"]  # ssh-keygen's words: OpenSSH's own, the traditional one, PKCS 8
WRITTEN: Mapping[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "literal newlines": lambda text: text.replace("\n", "\\n"),
    "one line of blanks": lambda text: text.replace("\n", " "),
    "no newline at the end": lambda text: text.strip(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64, 64 columns": lambda text: "\n".join(textwrap.wrap(base64.b64encode(text.encode()).decode(), 64)),
    "base64, 76 columns": lambda text: base64.encodebytes(text.encode()).decode(),
    "base64, CRLF": lambda text: base64.encodebytes(text.encode()).decode().replace("\n", "\r\n"),
    "base64 of CRLF": lambda text: base64.b64encode(text.replace("\n", "\r\n").encode()).decode(),
    "base64, literal newlines": lambda text: base64.encodebytes(text.encode()).decode().replace("\n", "\\n"),
}


@cache
def made(kind: str, format: str, passphrase: str = "") -> str:
    """A key file as ssh-keygen writes it."""
    with TemporaryDirectory() as directory:
        path = Path(directory) / "key"
        words: list[str | Path] = ["ssh-keygen", "-q", *KINDS[kind][1], "-N", passphrase, "-C", "comment"]
        subprocess.run([*words, "-f", path], check=True)
        if format != "RFC4716":
            words = ["ssh-keygen", "-q", "-p", "-P", passphrase, "-N", passphrase, "-m", format, "-f", path]
            subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
        return path.read_text()


def openssl(*words: str) -> str:
    """What openssl prints."""
    return subprocess.run(["openssl", *words], check=True, capture_output=True, text=True).stdout


def public_part(text: str, passphrase: str = "") -> bytes:
    """The public half of a private key in any format."""
    load = serialization.load_ssh_private_key if "OPENSSH" in text else serialization.load_pem_private_key
    key = load(text.encode(), passphrase.encode() or None)
    return key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)


def refused(text: str, passphrase: str = "") -> str:
    """The one problem that is told of this key; it holds no part of it."""
    with pytest.raises(SettingsError) as raised:
        private_key(text, passphrase)
    (problem,) = raised.value.problems
    assert problem.startswith("JARVICE_SLURM_SSH_PKEY")
    lines = [line for line in text.splitlines() if len(line) >= 8 and not line.startswith("-----")]
    assert not [line for line in lines if line[:8] in problem]
    assert raised.value.__cause__ is None
    return problem


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_key_is_read_however_it_is_written(kind: str, format: str) -> None:
    """Type, format, line ends, base64 and its columns: none of them matters."""
    text = made(kind, format)
    for name, written in WRITTEN.items():
        key = private_key(written(text))
        assert key.kind == KINDS[kind][0], name
        assert public_part(key.openssh) == public_part(text), name


def test_openssls_keys_are_read() -> None:
    """Also with the parameters that openssl puts before an EC key."""
    text = openssl("ecparam", "-name", "prime256v1", "-genkey")
    assert "EC PARAMETERS" in text
    assert private_key(text).kind == "ecdsa"
    assert private_key(openssl("genpkey", "-algorithm", "ed25519")).kind == "ed25519"
    assert private_key(openssl("genrsa", "-traditional", "2048")).kind == "rsa"


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("kind", ["ecdsa-256", "rsa"])
def test_passphrases(kind: str, format: str) -> None:
    """The right one opens the key; a wrong one and a missing one are told apart, with what to do."""
    text = made(kind, format, "open sesame")
    for written in WRITTEN.values():
        assert public_part(private_key(written(text), "open sesame").openssh) == public_part(text, "open sesame")
    assert "_PASSPHRASE does not open" in refused(text, "open barley")
    assert "has a passphrase: set JARVICE_SLURM_SSH_PKEY_PASSPHRASE" in refused(text)


def test_an_ed25519_key_with_a_passphrase() -> None:
    """The kind that is preferred, in the format that it is made in."""
    text = made("ed25519", "RFC4716", "open sesame")
    assert private_key(text, "open sesame").kind == "ed25519"
    assert "_PASSPHRASE does not open" in refused(text, "no")
    assert "has a passphrase" in refused(text)


@pytest.mark.parametrize("format", FORMATS)
def test_a_passphrase_that_is_not_needed(format: str) -> None:
    """Does no harm."""
    assert private_key(made("rsa", format), "not needed").kind == "rsa"


def test_a_public_key_is_told_from_a_private_one() -> None:
    """The file next to the right one is the most common mistake."""
    public = public_part(made("ed25519", "RFC4716")).decode()
    assert "public key" in refused(public)
    assert "public key" in refused(base64.b64encode(public.encode()).decode())
    assert "public key" in refused("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("kind", ["ed25519", "ecdsa-256", "rsa"])
@settings(max_examples=25, deadline=None)
@given(st.data())
def test_a_truncated_key_is_refused(kind: str, format: str, data: st.DataObject) -> None:
    """Wherever it was cut, and also when somebody mended its last line."""
    text = made(kind, format)
    cut = text[: data.draw(st.integers(1, text.index("-----END") - 2))]
    assert refused(cut)
    assert refused(base64.b64encode(cut.encode()).decode())
    if cut.count("\n") > 1:
        assert "damaged or cut short" in refused(cut.rpartition("\n")[0] + "\n" + text.splitlines()[-1])


@settings(deadline=None)
@given(st.text(min_size=9) | st.binary(min_size=9).map(lambda data: base64.b64encode(data).decode()))
def test_garbage_is_refused(text: str) -> None:
    """Anything else gets one sentence, never a traceback."""
    with pytest.raises(SettingsError) as raised:
        private_key(text)
    assert len(raised.value.problems) == 1
    assert text not in raised.value.message


@given(st.binary(max_size=400))
def test_garbage_between_the_right_lines_is_refused(data: bytes) -> None:
    """A key's first and last line do not make a key."""
    body = base64.encodebytes(b"openssh-key-v1\0" + data).decode()
    assert refused(f"-----BEGIN OPENSSH PRIVATE KEY-----\n{body}-----END OPENSSH PRIVATE KEY-----\n")
    assert refused(f"-----BEGIN PRIVATE KEY-----\n{body}-----END PRIVATE KEY-----\n")


@pytest.mark.parametrize(
    "words",
    [
        ["genpkey", "-algorithm", "x25519"],
        ["genpkey", "-algorithm", "ed448"],
        ["ecparam", "-name", "secp256k1", "-genkey", "-noout"],
        ["genpkey", "-algorithm", "DSA", "-pkeyopt", "dsa_paramgen_bits:1024", "-genparam"],
    ],
    ids=lambda words: words[2],
)
def test_other_kinds_of_keys_are_refused(words: list[str], tmp_path: Path) -> None:
    """What SSH cannot use is named, with what can be used."""
    text = openssl(*words)
    if "-genparam" in words:
        (tmp_path / "parameters").write_text(text)
        text = openssl("genpkey", "-paramfile", str(tmp_path / "parameters"))
    assert "of another type" in refused(text)


def test_puttys_format_is_named() -> None:
    """With the way out of it."""
    assert "puttygen" in refused("PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n")


def test_a_key_does_not_show_itself() -> None:
    """Neither in a log nor in a traceback."""
    key = private_key(made("ed25519", "RFC4716"))
    assert repr(key) == str(key) == "PrivateKey(ed25519)"


class TestHostKeys:
    """The setting JARVICE_SLURM_SSH_HOST_KEY."""

    ED25519 = public_part(made("ed25519", "RFC4716")).decode()
    RSA = public_part(made("rsa", "RFC4716")).decode()
    ECDSA = public_part(made("ecdsa-256", "RFC4716")).decode()

    @staticmethod
    def blob(key: str) -> bytes:
        return base64.b64decode(key.split()[1])

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
        """The key, a known_hosts line, what ssh-keyscan prints, several of each."""
        expected = written.format(self.ED25519, self.RSA, self.ECDSA)
        assert host_key_matches(expected, "ssh-ed25519", self.blob(self.ED25519))
        assert "ssh-ed25519" in key_types(expected)
        assert host_key_matches(expected, "ssh-rsa", self.blob(self.RSA)) == ("{1}" in written)
        assert ("ssh-rsa" in key_types(expected)) == ("{1}" in written)

    def test_a_fingerprint_is_as_good(self, tmp_path: Path) -> None:
        """As ssh-keygen -l shows it; alone it says nothing of the key's type."""
        (tmp_path / "key.pub").write_text(self.ECDSA)
        words = ["ssh-keygen", "-l", "-f", str(tmp_path / "key.pub")]
        shown = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()[1]
        assert shown == fingerprint(self.blob(self.ECDSA))
        assert host_key_matches(shown, "ecdsa-sha2-nistp256", self.blob(self.ECDSA))
        assert host_key_matches(f"{self.RSA}, {shown}", "ecdsa-sha2-nistp256", self.blob(self.ECDSA))
        assert not host_key_matches(shown, "ssh-ed25519", self.blob(self.ED25519))
        assert key_types(shown) == ()

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
        """A wrong entry would never match: better said at the start, also next to right ones."""
        for text in (wrong, f"{self.RSA},{wrong}", f"{self.RSA}\n{wrong}"):
            with pytest.raises(SettingsError, match="JARVICE_SLURM_SSH_HOST_KEY") as raised:
                host_keys(text)
            assert len(raised.value.problems) == 1

    def test_a_key_that_is_cut_short_or_of_another_type_is_refused(self) -> None:
        """The type stands in the key too: both must agree."""
        kind, blob = self.RSA.split()
        for text in (f"ssh-ed25519 {blob}", f"{kind} {blob[:8]}"):
            with pytest.raises(SettingsError):
                host_keys(text)

    @pytest.mark.parametrize("marker", ["@revoked", "@cert-authority"])
    def test_marked_lines_of_known_hosts_are_refused(self, marker: str) -> None:
        """A revoked key is not one to trust, and certificates are not looked at."""
        for text in (f"{marker} login {self.ED25519}", f"{marker} {self.ED25519}"):
            with pytest.raises(SettingsError):
                host_keys(text)

    def test_none_is_none(self) -> None:
        """An empty setting matches nothing."""
        assert host_keys(" \n") == ()
        assert not host_key_matches("", "ssh-ed25519", self.blob(self.ED25519))

    def test_the_fingerprint_is_that_of_the_wire_form(self) -> None:
        """SHA-256, base64, without padding."""
        digest = hashlib.sha256(b"key").digest()
        assert fingerprint(b"key") == "SHA256:" + base64.b64encode(digest).decode().rstrip("=")
