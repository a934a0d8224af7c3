"""Makes origin-vectors.json: hashes that show what their origins do with unusual passwords and costs.

Debian: python3-argon2 python3-bcrypt python3-passlib python3-werkzeug php-cli ruby-devise openssl, and the files of wordpress
(apt-get download wordpress, dpkg -x into a folder; WORDPRESS names its usr/share/wordpress).
Run: WORDPRESS=... /usr/bin/python3 make-origin-vectors.py > origin-vectors.json

Made by the real implementation, unless `source` says otherwise. Salts are random, so every run
writes other hashes.
"""
import base64
import hashlib
import json
import os
import subprocess

import argon2
import bcrypt
import passlib.hash
import werkzeug.security

WORDPRESS = os.environ["WORDPRESS"]
# What a lone surrogate becomes in UTF-8, where it is not refused.
REPLACEMENT = "\ufffd"
vectors = []


def add(format, password, stored, source=None):
    vector = {"format": format, "password": password, "hash": stored}
    if source:
        vector["source"] = source
    vectors.append(vector)


def run(*command, stdin=None):
    return subprocess.run(command, check=True, capture_output=True, input=stdin).stdout


def php(code, *args):
    return run("php", "-r", code, "--", *args).decode()


def ruby(code, *args):
    return run("ruby", "-e", code, *args).decode()


PHPASS = f"require '{WORDPRESS}/wp-includes/class-phpass.php'; $hasher = new PasswordHash(4, true);"
# wp_magic_quotes(), then edit_user() or wp-login.php, then wp_hash_password().
FORM = "$sent = trim(trim(addslashes($argv[1])));"
PROGRAM = "$sent = trim($argv[1]);"
WP68 = "echo '$wp' . password_hash(base64_encode(hash_hmac('sha384', $sent, 'wp-sha384', true)), PASSWORD_BCRYPT, ['cost' => 4]);"

for password in ["it's", 'say "hi"', "back\\slash", " padded\t", "\u00a0kept\u2003", "pässwörd '✓'", REPLACEMENT]:
    for reading in (FORM, PROGRAM):
        add("wordpress", password, php(PHPASS + reading + "echo $hasher->HashPassword($sent);", password))
        add("wordpress", password, php(reading + WP68, password),
            "PHP's own functions, put together as WordPress 6.8 documents it")

for password in ["x" * 71 + "é", "é" * 36 + "more", "x" * 72, REPLACEMENT]:
    add("bcrypt", password, php("echo password_hash($argv[1], PASSWORD_BCRYPT, ['cost' => 4]);", password))
    add("bcrypt", password, ruby("require 'bcrypt'; print BCrypt::Password.create(ARGV[0], cost: 4)", password))
    add("bcrypt", password, bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode())
    add("devise", password, ruby(
        "require 'devise'; k = Struct.new(:pepper, :stretches).new('a pepper of devise', 4);"
        "print Devise::Encryptor.digest(k, ARGV[0])", password))

for kind in (argon2.Type.D, argon2.Type.I, argon2.Type.ID):
    for password in ["correct horse", "日本語パスワード", REPLACEMENT]:
        for memory, passes, lanes, tag in ((8, 1, 1, 16), (64, 3, 2, 32), (256, 100, 4, 64)):
            stored = argon2.PasswordHasher(passes, memory, lanes, tag, 16, type=kind).hash(password)
            add("argon2", password, stored)
# RFC 9106's second recommendation, as argon2-cffi writes by default.
add("argon2", "correct horse", argon2.PasswordHasher().hash("correct horse"))

for n, r, p in ((2**14, 8, 5), (2**10, 8, 16), (2**12, 1, 1)):
    for password in ["correct horse", "日本語パスワード", REPLACEMENT]:
        key = hashlib.scrypt(password.encode(), salt=b"NaClNaClNaClNaClNaClNa", n=n, r=r, p=p, dklen=64, maxmem=2**27)
        add("django", password, f"scrypt${n}$NaClNaClNaClNaClNaClNa${r}${p}${base64.b64encode(key).decode()}",
            "hashlib.scrypt, in Django's spelling; 5.1 and later write 16384, 8, 5")

SIGNER_KEY = base64.b64decode("jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==")
for password in ["correct horse", "日本語パスワード", REPLACEMENT]:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        salt = os.urandom(10)
        key = hashlib.scrypt(password.encode(), salt=salt + b"\x07", n=2**14, r=8, p=1, dklen=32)
        sealed = run("openssl", "enc", "-aes-256-ctr", "-K", key.hex(), "-iv", "0" * 32, stdin=SIGNER_KEY)
        add("firebase", password, f"$firebase-scrypt${encode(salt).decode()}${encode(sealed).decode()}",
            "hashlib.scrypt and openssl enc, as Firebase's scrypt repository documents it")

add("passlib", REPLACEMENT, passlib.hash.pbkdf2_sha256.using(rounds=1000).hash(REPLACEMENT))
add("passlib", REPLACEMENT, passlib.hash.scrypt.using(rounds=10).hash(REPLACEMENT))
add("werkzeug", REPLACEMENT, werkzeug.security.generate_password_hash(REPLACEMENT, "pbkdf2:sha256:1000"))
add("laravel", REPLACEMENT, php(
    "echo password_hash($argv[1], PASSWORD_ARGON2ID, ['memory_cost' => 1024, 'time_cost' => 2, 'threads' => 2]);",
    REPLACEMENT))
key = hashlib.pbkdf2_hmac("sha1", REPLACEMENT.encode(), b"saltsaltsaltsalt", 1000, 32)
add("aspnet", REPLACEMENT, base64.b64encode(b"\x00saltsaltsaltsalt" + key).decode(),
    "hashlib, in ASP.NET Identity 2's layout")

for stored in [
    "ANXrDknc7fGPpigibZXXZFMX4aoqz44JveK6jQuwY3eH/UyPhvr5xTPeGYEckLxz9A==",
    "AQAAAAIAAAAyAAAAEOMwvh3+FZxqkdMBz2ekgGhwQ4B6pZWND6zgESBuWiHw",
    "AQAAAAIAAAD6AAAAIJbVi5wbMR+htSfFp8fTw8N8GOS/Sje+S/4YZcgBfU7EQuqv4OkVYmc4VJl9AGZzmRTxSkP7LtVi9IWyUxX8IAAfZ8v+ZfhjCcudtC1YERSqE1OEdXLW9VukPuJWBBjLuw==",
    "AQAAAAAAAAD6AAAAEAhftMyfTJylOlZT+eEotFXd1elee8ih5WsjXaR3PA9M",
    "AQAAAAEAA9CQAAAAIESkQuj2Du8Y+kbc5lcN/W/3NiAZFEm11P27nrSN5/tId+bR1SwV8CO1Jd72r4C08OLvplNlCDc3oQZ8efcW+jQ=",
]:
    add("aspnet", "my password", stored, "known answers of ASP.NET Core's own PasswordHasher tests")

print(json.dumps(vectors, indent=2, ensure_ascii=False))
