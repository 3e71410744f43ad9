"""Private keys as operators write them, made by the real tools."""

import base64
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

from connectors.transports.keys import private_key
from dssr.errors import SettingsError
from tests.connectors.transports.ssh.impostor import pair

KINDS = {
    "ed25519": ("ed25519", ["-t", "ed25519"]),
    "ecdsa-256": ("ecdsa", ["-t", "ecdsa", "-b", "256"]),
    "ecdsa-384": ("ecdsa", ["-t", "ecdsa", "-b", "384"]),
    "ecdsa-521": ("ecdsa", ["-t", "ecdsa", "-b", "521"]),
    "rsa": ("rsa", ["-t", "rsa", "-b", "2048"]),
}
FORMATS = [
    "RFC4716",
    "PEM",
    "PKCS8",
]  # ssh-keygen's names for OpenSSH's format, the traditional one and PKCS 8
WRITTEN: Mapping[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "literal newlines": lambda text: text.replace("\n", "\\n"),
    "one line of blanks": lambda text: text.replace("\n", " "),
    "no newline at the end": lambda text: text.strip(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64, 64 columns": lambda text: "\n".join(
        textwrap.wrap(base64.b64encode(text.encode()).decode(), 64)
    ),
    "base64, 76 columns": lambda text: base64.encodebytes(text.encode()).decode(),
    "base64, CRLF": lambda text: base64.encodebytes(text.encode()).decode().replace("\n", "\r\n"),
    "base64 of CRLF": lambda text: base64.b64encode(text.replace("\n", "\r\n").encode()).decode(),
    "base64, literal newlines": lambda text: (
        base64.encodebytes(text.encode()).decode().replace("\n", "\\n")
    ),
}


@cache
def made(kind: str, format: str, passphrase: str = "") -> str:
    """A key file of ssh-keygen."""
    with TemporaryDirectory() as directory:
        path = Path(directory) / "key"
        words: list[str | Path] = [
            "ssh-keygen",
            "-q",
            *KINDS[kind][1],
            "-N",
            passphrase,
            "-C",
            "comment",
        ]
        subprocess.run([*words, "-f", path], check=True)
        if format != "RFC4716":
            words = [
                "ssh-keygen",
                "-q",
                "-p",
                "-P",
                passphrase,
                "-N",
                passphrase,
                "-m",
                format,
                "-f",
                path,
            ]
            subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
        return path.read_text()


def openssl(*words: str) -> str:
    """The output of openssl."""
    return subprocess.run(["openssl", *words], check=True, capture_output=True, text=True).stdout


def public_part(text: str, passphrase: str = "") -> bytes:
    """The public half of a private key in any format."""
    load = (
        serialization.load_ssh_private_key
        if "OPENSSH" in text
        else serialization.load_pem_private_key
    )
    key = load(text.encode(), passphrase.encode() or None)
    return key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )


def refused(text: str, passphrase: str = "") -> str:
    """The one problem with this key; it contains no part of the key."""
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
    """A key is read in each type and format, with any line ends, in base64 of any width."""
    text = made(kind, format)
    for name, written in WRITTEN.items():
        key = private_key(written(text))
        assert key.kind == KINDS[kind][0], name
        assert public_part(key.openssh) == public_part(text), name


def test_openssls_keys_are_read() -> None:
    """Keys of openssl are read, also with the parameters in front of an EC key."""
    text = openssl("ecparam", "-name", "prime256v1", "-genkey")
    assert "EC PARAMETERS" in text
    assert private_key(text).kind == "ecdsa"
    assert private_key(openssl("genpkey", "-algorithm", "ed25519")).kind == "ed25519"
    assert private_key(openssl("genrsa", "-traditional", "2048")).kind == "rsa"


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("kind", ["ecdsa-256", "rsa"])
def test_passphrases(kind: str, format: str) -> None:
    """The right passphrase opens a key; a wrong and a missing one are different errors."""
    text = made(kind, format, "open sesame")
    for written in WRITTEN.values():
        assert public_part(private_key(written(text), "open sesame").openssh) == public_part(
            text, "open sesame"
        )
    assert "_PASSPHRASE does not open" in refused(text, "open barley")
    assert "has a passphrase: set JARVICE_SLURM_SSH_PKEY_PASSPHRASE" in refused(text)


def test_no_wrong_passphrase_passes_for_damage_alone() -> None:
    """No wrong passphrase is reported as a damaged key alone."""
    text = made("ecdsa-256", "PKCS8", "open sesame")
    problems = {refused(text, f"open {n}") for n in range(1000)}
    assert (
        "JARVICE_SLURM_SSH_PKEY_PASSPHRASE does not open the key in JARVICE_SLURM_SSH_PKEY."
        in problems
    )
    assert all(
        "JARVICE_SLURM_SSH_PKEY_PASSPHRASE does not open the key" in sentence
        for sentence in problems
    )


def test_an_ed25519_key_with_a_passphrase() -> None:
    """An Ed25519 key with a passphrase is read in OpenSSH's format."""
    text = made("ed25519", "RFC4716", "open sesame")
    assert private_key(text, "open sesame").kind == "ed25519"
    assert "_PASSPHRASE does not open" in refused(text, "no")
    assert "has a passphrase" in refused(text)


@pytest.mark.parametrize("format", FORMATS)
def test_a_passphrase_that_is_not_needed(format: str) -> None:
    """A passphrase that the key does not need is ignored."""
    assert private_key(made("rsa", format), "not needed").kind == "rsa"


def test_a_public_key_is_refused() -> None:
    """A public key is refused, and the error says which file is needed."""
    public = public_part(made("ed25519", "RFC4716")).decode()
    assert "public key" in refused(public)
    assert "public key" in refused(base64.b64encode(public.encode()).decode())
    assert "public key" in refused("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("kind", ["ed25519", "ecdsa-256", "rsa"])
@settings(max_examples=25, deadline=None)
@given(st.data())
def test_a_truncated_key_is_refused(kind: str, format: str, data: st.DataObject) -> None:
    """A key that was cut anywhere is refused, also with a mended last line."""
    text = made(kind, format)
    cut = text[: data.draw(st.integers(1, text.index("-----END") - 2))]
    assert refused(cut)
    assert refused(base64.b64encode(cut.encode()).decode())
    if cut.count("\n") > 1:
        assert "damaged or cut short" in refused(
            cut.rpartition("\n")[0] + "\n" + text.splitlines()[-1]
        )


@settings(deadline=None)
@given(
    st.text(min_size=9) | st.binary(min_size=9).map(lambda data: base64.b64encode(data).decode())
)
def test_garbage_is_refused(text: str) -> None:
    """Text that is no key is refused in one sentence."""
    with pytest.raises(SettingsError) as raised:
        private_key(text)
    assert len(raised.value.problems) == 1
    assert text not in raised.value.message


@given(st.binary(max_size=400))
def test_garbage_between_the_right_lines_is_refused(data: bytes) -> None:
    """Other data between a key's first and last line is refused."""
    body = base64.encodebytes(b"openssh-key-v1\0" + data).decode()
    assert refused(
        f"-----BEGIN OPENSSH PRIVATE KEY-----\n{body}-----END OPENSSH PRIVATE KEY-----\n"
    )
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
    """A key type that SSH cannot use is named, with those that it can."""
    text = openssl(*words)
    if "-genparam" in words:
        (tmp_path / "parameters").write_text(text)
        text = openssl("genpkey", "-paramfile", str(tmp_path / "parameters"))
    assert "of another type" in refused(text)


def test_puttys_format_is_named() -> None:
    """PuTTY's format is named, with the command that converts it."""
    assert "puttygen" in refused("PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n")


def test_a_key_does_not_show_itself() -> None:
    """A key's repr does not contain the key."""
    key = private_key(made("ed25519", "RFC4716"))
    assert repr(key) == str(key) == "PrivateKey(ed25519)"


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"])
def test_the_public_key(kind: str) -> None:
    """The public key of a private one is the line that authorized_keys takes."""
    private, public = pair(kind)
    assert private_key(private).public == public.text
