"""Writes argon2-vectors.json: hashes made by Python's own argon2.

Run with a Python that has it (Debian: python3-argon2):

    /usr/bin/python3 test/passwords/make-argon2-vectors.py

Salts are random, so every run writes other hashes; each is checked here before it is written.
"""
import json
import pathlib

from argon2 import PasswordHasher

PASSWORDS = [
    "",
    "pw123456",
    "hunter2",
    "p\u00e4ssw\u00f6rd-\u2713",
    "\U0001f600 correct horse battery staple",
    "with\ttab and\nnewline",
    "before\0after",
    "long " * 200,
]

# KiB, passes, lanes, bytes of the tag, bytes of the salt.
COSTS = [
    (8, 1, 1, 16, 8),
    (64, 3, 1, 32, 16),
    (64, 1, 8, 32, 16),
    (100, 2, 3, 33, 17),
    (256, 32, 16, 64, 64),
]

# Those of OWASP and of RFC 9106 for little memory.
RECOMMENDED = [(19456, 2, 1, 32, 16), (47104, 1, 1, 32, 16), (65536, 3, 4, 32, 16)]

vectors = []


def add(password: str, cost: tuple[int, int, int, int, int]) -> None:
    memory, passes, lanes, tag, salt = cost
    hasher = PasswordHasher(passes, memory, lanes, tag, salt)
    hashed = hasher.hash(password)
    assert hasher.verify(hashed, password)
    vectors.append({"password": password, "hash": hashed})


for password in PASSWORDS:
    for cost in COSTS:
        add(password, cost)
for cost in RECOMMENDED:
    add("hunter2", cost)

path = pathlib.Path(__file__).with_name("argon2-vectors.json")
path.write_text(json.dumps(vectors, indent=2) + "\n")
