"""Writes vectors.json: hashes made by Python's own bcrypt and passlib.

Run with a Python that has both (Debian: python3-bcrypt, python3-passlib):

    /usr/bin/python3 test/passwords/make-vectors.py
"""
import base64
import hashlib
import json
import pathlib

import bcrypt
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
    "long " * 200,
]


def prehashed(password: str) -> bytes:
    return base64.b64encode(hashlib.sha256(password.encode()).digest())


vectors = []
for password in PASSWORDS:
    for rounds in (4, 5):
        hashed = bcrypt_sha256.using(rounds=rounds).hash(password)
        vectors.append({"format": "bcrypt-sha256", "password": password, "hash": hashed})
    for prefix in (b"2a", b"2b"):
        hashed = bcrypt.hashpw(prehashed(password), bcrypt.gensalt(4, prefix=prefix)).decode()
        vectors.append({"format": "crudauth-py", "password": password, "hash": hashed})
        if prefix == b"2b":
            other = hashed.replace("$2b$", "$2y$")
            vectors.append({"format": "crudauth-py", "password": password, "hash": other})

# The costs that are really in use, and many salts, for the spare bits in the salt's last character.
vectors.append(
    {"format": "bcrypt-sha256", "password": "hunter2", "hash": bcrypt_sha256.using(rounds=12).hash("hunter2")}
)
for n in range(24):
    password = f"salted {n}"
    hashed = bcrypt_sha256.using(rounds=4).hash(password)
    vectors.append({"format": "bcrypt-sha256", "password": password, "hash": hashed})

path = pathlib.Path(__file__).with_name("vectors.json")
path.write_text(json.dumps(vectors, indent=2) + "\n")
