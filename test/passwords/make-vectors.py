"""Writes vectors.json: hashes made by Python's own bcrypt and passlib.

Run with a Python that has both (Debian: python3-bcrypt, python3-passlib):

    /usr/bin/python3 test/passwords/make-vectors.py

Salts are random, so every run writes other hashes; each is checked here before it is written.
"""
import base64
import hashlib
import json
import pathlib
import warnings

import bcrypt
from passlib.exc import PasslibHashWarning
from passlib.hash import bcrypt_sha256

PASSWORDS = [
    "",
    "pw123456",
    "hunter2",
    "p\u00e4ssw\u00f6rd-\u2713",
    "\U0001f600 correct horse battery staple",
    "a" * 71,
    "a" * 72 + "X",
    "a" * 72 + "Y",
    "with\ttab and\nnewline",
    "before\0after",
    "long " * 200,
]

ALPHABET = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

vectors = []


def add(format: str, password: str, hashed: str) -> None:
    if format == "bcrypt-sha256":
        assert bcrypt_sha256.verify(password, hashed)
    else:
        assert bcrypt.checkpw(prehashed(password), hashed.replace("$2y$", "$2b$").encode())
    vectors.append({"format": format, "password": password, "hash": hashed})


def prehashed(password: str) -> bytes:
    return base64.b64encode(hashlib.sha256(password.encode()).digest())


def with_spare_bits(hashed: str, index: int, bits: int) -> str:
    """Sets the spare low bits of the character at `index`, which must be clear."""
    value = ALPHABET.index(hashed[index])
    assert value & bits == 0
    return hashed[:index] + ALPHABET[value | bits] + hashed[index + 1 :]


for password in PASSWORDS:
    for rounds in (4, 5):
        add("bcrypt-sha256", password, bcrypt_sha256.using(rounds=rounds).hash(password))
    for ident in ("2a", "2b"):
        version_1 = bcrypt_sha256.using(rounds=4, version=1, ident=ident)
        add("bcrypt-sha256", password, version_1.hash(password))
    for prefix in (b"2a", b"2b"):
        hashed = bcrypt.hashpw(prehashed(password), bcrypt.gensalt(4, prefix=prefix)).decode()
        add("crudauth-py", password, hashed)
        if prefix == b"2b":
            add("crudauth-py", password, hashed.replace("$2b$", "$2y$"))

# The costs that are really in use, and many salts, for the spare bits in the salt's last character.
for rounds in (6, 8, 10, 12):
    add("bcrypt-sha256", "hunter2", bcrypt_sha256.using(rounds=rounds).hash("hunter2"))
add("bcrypt-sha256", "hunter2", bcrypt_sha256.using(rounds=10, version=1).hash("hunter2"))
for n in range(24):
    password = f"salted {n}"
    add("bcrypt-sha256", password, bcrypt_sha256.using(rounds=4).hash(password))

# Spare bits that are set, in the salt and in the digest: passlib clears them, with a warning.
warnings.simplefilter("ignore", PasslibHashWarning)
for version in (1, 2):
    hashed = bcrypt_sha256.using(rounds=4, version=version).hash("spare bits")
    salt_end = hashed.rindex("$") - 1
    for bits in (1, 15):
        add("bcrypt-sha256", "spare bits", with_spare_bits(hashed, salt_end, bits))
    for bits in (1, 3):
        add("bcrypt-sha256", "spare bits", with_spare_bits(hashed, len(hashed) - 1, bits))

path = pathlib.Path(__file__).with_name("vectors.json")
path.write_text(json.dumps(vectors, indent=2) + "\n")
