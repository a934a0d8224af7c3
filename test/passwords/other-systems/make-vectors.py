"""Makes vectors.json with the systems that wrote such hashes.

Debian: python3-django python3-passlib python3-werkzeug python3-argon2 php-cli ruby-devise ruby-bcrypt
Run: /usr/bin/python3 make-vectors.py > vectors.json

Made by the real implementation, unless `source` says otherwise.
"""
import base64
import hashlib
import json
import os
import struct
import subprocess

import django
from django.conf import settings

settings.configure(
    PASSWORD_HASHERS=[
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        "django.contrib.auth.hashers.PBKDF2SHA1PasswordHasher",
        "django.contrib.auth.hashers.Argon2PasswordHasher",
        "django.contrib.auth.hashers.BCryptSHA256PasswordHasher",
        "django.contrib.auth.hashers.BCryptPasswordHasher",
    ]
)
django.setup()
from django.contrib.auth.hashers import get_hasher, make_password  # noqa: E402
from passlib.hash import pbkdf2_sha1, pbkdf2_sha256, pbkdf2_sha512, phpass, scrypt  # noqa: E402
import werkzeug.security  # noqa: E402

PASSWORDS = ["correct horse", "pässwörd-✓", " spaces ", "x" * 80]
vectors = []


def add(format, password, stored, source=None):
    vector = {"format": format, "password": password, "hash": stored}
    if source:
        vector["source"] = source
    vectors.append(vector)


def php(code, *args):
    return subprocess.run(["php", "-r", code, "--", *args], check=True, capture_output=True, text=True).stdout


def ruby(code, *args):
    return subprocess.run(["ruby", "-e", code, *args], check=True, capture_output=True, text=True).stdout


for password in PASSWORDS:
    # Few rounds, so that the tests are quick; the spelling is the same.
    for name in ("pbkdf2_sha256", "pbkdf2_sha1"):
        hasher = get_hasher(name)
        add("django", password, hasher.encode(password, hasher.salt(), 1000))
    add("django", password, make_password(password, hasher="argon2"))
    for name in ("bcrypt_sha256", "bcrypt"):
        hasher = get_hasher(name)
        if name == "bcrypt" and len(password) > 72:
            continue
        hasher.rounds = 4
        add("django", password, hasher.encode(password, hasher.salt()))
    salt = "NaCl" * 5
    key = hashlib.scrypt(password.encode(), salt=salt.encode(), n=2**14, r=8, p=1, dklen=64, maxmem=2**26)
    add("django", password, f"scrypt$16384${salt}$8$1${base64.b64encode(key).decode()}",
        "hashlib.scrypt, in the spelling of Django 4.0 and later")

    add("passlib", password, pbkdf2_sha256.using(rounds=1000).hash(password))
    add("passlib", password, pbkdf2_sha512.using(rounds=1000).hash(password))
    add("passlib", password, pbkdf2_sha1.using(rounds=1000).hash(password))
    add("passlib", password, scrypt.using(rounds=10).hash(password))

    add("werkzeug", password, werkzeug.security.generate_password_hash(password, "pbkdf2:sha256:1000"))
    add("werkzeug", password, werkzeug.security.generate_password_hash(password, "pbkdf2:sha512:1000"))
    key = hashlib.scrypt(password.encode(), salt=b"saltsaltsaltsalt", n=2**15, r=8, p=1, dklen=64, maxmem=2**27)
    add("werkzeug", password, f"scrypt:32768:8:1$saltsaltsaltsalt${key.hex()}",
        "hashlib.scrypt, in the spelling of Werkzeug 2.3 and later")

    add("bcrypt", password, php("echo password_hash($argv[1], PASSWORD_BCRYPT, ['cost' => 4]);", password))
    add("bcrypt", password, ruby("require 'bcrypt'; print BCrypt::Password.create(ARGV[0], cost: 4)", password))
    add("devise", password, ruby(
        "require 'devise'; k = Struct.new(:pepper, :stretches).new('a pepper of devise', 4);"
        "print Devise::Encryptor.digest(k, ARGV[0])", password))
    for driver in ("PASSWORD_ARGON2I", "PASSWORD_ARGON2ID"):
        add("laravel", password,
            php(f"echo password_hash($argv[1], {driver}, ['memory_cost' => 1024, 'time_cost' => 2, 'threads' => 2]);", password))
    add("laravel", password, php("echo password_hash($argv[1], PASSWORD_BCRYPT, ['cost' => 4]);", password))

    add("wordpress", password, phpass.using(ident="P", rounds=7).hash(password))
    add("wordpress", password, phpass.using(ident="H", rounds=8).hash(password))
    add("wordpress", password, php(
        "echo '$wp' . password_hash(base64_encode(hash_hmac('sha384', $argv[1], 'wp-sha384', true)),"
        " PASSWORD_BCRYPT, ['cost' => 4]);", password),
        "PHP's own functions, put together as WordPress 6.8 documents it")

    for prf, name, rounds in ((0, "sha1", 1000), (1, "sha256", 1000), (2, "sha512", 1000)):
        salt = os.urandom(16)
        key = hashlib.pbkdf2_hmac(name, password.encode(), salt, rounds, 32)
        blob = b"\x01" + struct.pack(">III", prf, rounds, 16) + salt + key
        add("aspnet", password, base64.b64encode(blob).decode(), "hashlib, in ASP.NET Core's documented layout")
    salt = os.urandom(16)
    key = hashlib.pbkdf2_hmac("sha1", password.encode(), salt, 1000, 32)
    add("aspnet", password, base64.b64encode(b"\x00" + salt + key).decode(), "hashlib, in ASP.NET Identity 2's layout")

add("wordpress", "hashpwn", "$wp$2y$10$607XKVrBjPEqujeOXNwbYuOJ.gPMd2TelMMknmeV70Kap1E81Ovo6",
    "hashcat's example of mode 35500")
add("firebase", "user1password",
    "$firebase-scrypt$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==",
    "the example of Firebase's own scrypt repository")
print(json.dumps(vectors, indent=2, ensure_ascii=False))
