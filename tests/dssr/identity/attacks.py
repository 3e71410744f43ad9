"""Attacks on a token: what is sent, and a word of the response.

The issuer's keys are an RSA key, 'one', and an EC key, 'two'.
"""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.dssr.identity.issuer import claims, jwk, part, pem, rsa_key, token, unsigned

EC = ec.generate_private_key(ec.SECP256R1())
ONE, TWO = {"kid": "one"}, {"kid": "two"}
NOW = int(time.time())
GOOD = token(header=ONE, exp=NOW + 9000)
HEAD, BODY, SIGNATURE = GOOD.split(".")
DER = rsa_key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def by_hmac(secret: bytes, **header: Any) -> str:
    """A token signed with the public key as if that were a shared secret."""
    signed = f"{part({'alg': 'HS256', 'kid': 'one'} | header)}.{part(claims())}"
    return f"{signed}.{part(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


def signed(payload: bytes) -> str:
    """Any header and claims, signed with the issuer's own key."""
    return jwt.PyJWS().encode(payload, rsa_key(), "RS256", ONE)


NOT_SIGNED = {
    f"alg {name}": unsigned({"alg": name} | ONE) for name in ("none", "None", "NONE", "nOnE")
}
WRONG_ALGORITHM = {
    "alg none with a blank": unsigned({"alg": "none "} | ONE, signature="AA"),
    "alg none with a NUL": unsigned({"alg": "none\0"} | ONE, signature="AA"),
    "alg that is empty": unsigned({"alg": ""} | ONE, signature=SIGNATURE),
    "RS/HS confusion by the PEM": by_hmac(pem(rsa_key()).encode()),
    "RS/HS confusion by the PEM without its end": by_hmac(pem(rsa_key()).strip().encode()),
    "RS/HS confusion by the DER": by_hmac(DER),
    "RS/HS confusion by the JWK": by_hmac(json.dumps(jwk(rsa_key(), "one")).encode()),
    "RS/HS confusion by the modulus": by_hmac(base64.urlsafe_b64decode(jwk(rsa_key())["n"] + "==")),
    "HS256 by an empty secret": by_hmac(b""),
    "an EC key's name with RS256": token(header=TWO),
    "an RSA key's name with ES256": token(EC, "ES256", ONE),
    "ES256K": unsigned({"alg": "ES256K"} | TWO, signature=SIGNATURE),
}
WRONG_SIGNATURE = {
    "another's key": token(rsa_key(1), header=ONE),
    "a tampered payload": f"{HEAD}.{part(claims(preferred_username='bob'))}.{SIGNATURE}",
    "a tampered header": f"{part({'alg': 'RS256', 'kid': 'one', 'x': 1})}.{BODY}.{SIGNATURE}",
    "another algorithm of the same key": (
        f"{part({'alg': 'RS512', 'kid': 'one'})}.{BODY}.{SIGNATURE}"
    ),
    "another token's signature": f"{HEAD}.{BODY}.{token(header=ONE, sub='x').split('.')[2]}",
    "a truncated signature": GOOD[:-6],
    "no signature": f"{HEAD}.{BODY}.",
    "a signature of zeros": f"{HEAD}.{BODY}.{part(bytes(256))}",
    "ECDSA with r and s zero": unsigned({"alg": "ES256"} | TWO, signature=part(bytes(64))),
    "no key's name and another's key": token(rsa_key(1)),
}
NO_TOKEN = {
    "text": "alice",
    "two parts": f"{HEAD}.{BODY}",
    "five parts": f"{GOOD}.{BODY}.{SIGNATURE}",
    "several signatures": json.dumps(
        {
            "payload": BODY,
            "signatures": [
                {"protected": HEAD, "signature": SIGNATURE},
                {"protected": HEAD, "signature": "AA"},
            ],
        }
    ),
    "the flattened form": json.dumps({"payload": BODY, "protected": HEAD, "signature": SIGNATURE}),
    "with padding": f"{HEAD}.{BODY}.{SIGNATURE}==",
    "with a line break": f"{GOOD}\n",
    "with 'Bearer' before it": f"Bearer {GOOD}",
}
SPECIAL: dict[str, dict[str, Any]] = {
    "jku": {"jku": "https://evil.example/certs"},
    "x5u": {"x5u": "https://evil.example/x"},
    "jwk": {"jwk": jwk(rsa_key(1))},
    "x5c": {"x5c": ["AAAA"]},
    "crit": {"crit": ["exp"], "exp": 1},
    "b64": {"b64": False, "crit": ["b64"]},
    "zip": {"zip": "DEF"},
}
BAD_CLAIMS: dict[str, tuple[dict[str, Any], str]] = {
    "expired": ({"exp": NOW - 60}, "has expired"),
    "no end": ({"exp": None}, "'exp'"),
    "an end in words": ({"exp": "never"}, "'exp'"),
    "not yet valid": ({"nbf": NOW + 900}, "'nbf'"),
    "issued tomorrow": ({"iat": NOW + 86400}, "'iat'"),
    "another issuer": ({"iss": "https://evil.example"}, "another issuer"),
    "no issuer": ({"iss": None}, "another issuer"),
    "another audience": ({"aud": "account"}, "not meant for this bridge"),
    "no audience": ({"aud": None}, "not meant for this bridge"),
    "a user who is a list": ({"preferred_username": ["alice"]}, "no text"),
    "a user who is an object": ({"preferred_username": {"alice": 1}}, "no text"),
    "a user who is true": ({"preferred_username": True}, "no text"),
    "no user": ({"preferred_username": None}, "missing"),
    "an empty user": ({"preferred_username": ""}, "no text"),
    "root": ({"preferred_username": "root"}, "map them"),
    "the service user": ({"preferred_username": "svc"}, "map them"),
    "a path": ({"preferred_username": "../keys/alice"}, "map them"),
    "a command": ({"preferred_username": "alice;id"}, "map them"),
    "another spelling": ({"preferred_username": "Alice"}, "map them"),
    "a NUL": ({"preferred_username": "alice\0"}, "no user's name"),
    "an unknown user": ({"preferred_username": "mallory"}, "map them"),
}
ATTACKS: dict[str, tuple[str, str]] = {
    **{name: (bearer, "is not signed") for name, bearer in NOT_SIGNED.items()},
    **{
        name: (bearer, "does not go with its issuer's key")
        for name, bearer in WRONG_ALGORITHM.items()
    },
    **{name: (bearer, "signature is not its issuer's") for name, bearer in WRONG_SIGNATURE.items()},
    **{name: (bearer, "no signed JSON web token") for name, bearer in NO_TOKEN.items()},
    **{
        f"header {name}": (token(rsa_key(1), header=ONE | more), f"'{name}'")
        for name, more in SPECIAL.items()
        if name != "b64"
    },
    "header b64": (unsigned({"alg": "RS256"} | SPECIAL["b64"], signature=SIGNATURE), "'crit'"),
    "a type for other purposes": (token(header=ONE | {"typ": "logout+jwt"}), "'typ'"),
    "a signature cut within a byte": (GOOD[:-5], "cannot be read"),
    "a header that is no object": (f"{part([])}.{BODY}.{SIGNATURE}", "header cannot be read"),
    "a header with two algorithms": (
        part(b'{"alg": "RS256", "alg": "none"}') + f".{BODY}.{SIGNATURE}",
        "header cannot be read",
    ),
    **{name: (token(header=ONE, **changed), why) for name, (changed, why) in BAD_CLAIMS.items()},
    "an end beyond time": (
        signed(json.dumps(claims()).replace(str(claims()["exp"]), "1e999").encode()),
        "'exp'",
    ),
    "a claim twice": (
        signed(json.dumps(claims()).encode()[:-1] + b', "preferred_username": "bob"}'),
        "claims are no JSON object",
    ),
    "claims that are a list": (signed(b'["alice"]'), "claims are no JSON object"),
    "claims that are nested without end": (
        signed(b'{"a":' * 3000 + b"1" + b"}" * 3000),
        "claims are no JSON object",
    ),
    "an oversize token": (token(header=ONE, padding="x" * 25_000), "more than the 32 KB"),
    "an empty bearer": ("", "send that user's access token"),
}
KIDS = {
    "a path": "../../../../../../dev/null",
    "a command": "one|touch /tmp/x",
    "SQL": "x' UNION SELECT 'AA';--",
    "a URL": "http://127.0.0.1:1/",
    "a NUL": "one\0",
    "a blank": "one ",
    "empty": "",
    "another case": "ONE",
    "markup": "{{7*7}}",
    "a line": "x\nERROR forged",
}
SHAPELESS: dict[str, Any] = {
    "huge": "x" * 5000,
    "a list": ["one"],
    "an object": {"one": 1},
    "a number": 1,
    "true": True,
}
