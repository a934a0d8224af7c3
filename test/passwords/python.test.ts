import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { passwords } from '../../src/passwords/passwords.ts'

interface Vector {
  format: 'bcrypt-sha256' | 'crudauth-py'
  password: string
  hash: string
}

const vectors = JSON.parse(
  readFileSync(new URL('vectors.json', import.meta.url), 'utf8'),
) as Vector[]

const cheap = passwords({ cost: 4 })
const cheapPy = passwords({ cost: 4, format: 'crudauth-py' })

describe('Passwords and Python', () => {
  describe('hashes made by Python', () => {
    test('verify, and only with their own password', async () => {
      for (const { password, hash } of vectors) {
        expect((await cheap.verify(password, hash)).ok, hash).toBe(true)
        expect((await cheap.verify(`${password}x`, hash)).ok, hash).toBe(false)
      }
    })

    const salt = '$2b$12$C6UzMDM.H6dfI/f/IKcEe.'
    test.each([
      ['pw123456', 'yWD5TPyQNqvAfMIKEwcGeI0Ua1kUt9u'],
      ['hunter2', '1LU8eL1m4VDedgOhEFFnZB9t2PZFd1q'],
      ['', 'QxAbhZZTGMfDa6hqdMiFAawi7sUHEBi'],
      ['p\u00e4ssw\u00f6rd-\u2713', 'DFXmkLIoJNM7iXpKgLu3KDo12ypfz5S'],
      [`${'a'.repeat(72)}X`, 'ZpK47ZDFi5YVcMaGToVPfW.dDINuSIm'],
    ])('a hash that Python wrote for %j verifies', async (password, digest) => {
      expect((await cheap.verify(password, salt + digest)).ok).toBe(true)
    })
  })

  describe('hashes made here', () => {
    const python = '/usr/bin/python3'
    const hasPasslib = spawnSync(python, ['-c', 'import passlib, bcrypt']).status === 0

    test.skipIf(!hasPasslib && !process.env['CI'])(
      'are accepted by passlib and by Python’s bcrypt (needs python3-passlib, python3-bcrypt)',
      async () => {
        const made: Vector[] = []
        for (const password of ['hunter2', '', 'p\u00e4ss\u2713 😀', 'a'.repeat(100), 'a\0b']) {
          made.push({ format: 'bcrypt-sha256', password, hash: await cheap.hash(password) })
          made.push({ format: 'crudauth-py', password, hash: await cheapPy.hash(password) })
        }
        const script = `
import base64, hashlib, json, sys, bcrypt
from passlib.hash import bcrypt_sha256
for one in json.load(sys.stdin):
    if one["format"] == "bcrypt-sha256":
        print(bcrypt_sha256.verify(one["password"], one["hash"]))
    else:
        text = base64.b64encode(hashlib.sha256(one["password"].encode()).digest())
        print(bcrypt.checkpw(text, one["hash"].encode()))
`
        const output = execFileSync(python, ['-c', script], { input: JSON.stringify(made) })
        expect(output.toString().trim().split('\n')).toEqual(made.map(() => 'True'))
      },
    )

    const hasArgon2 = spawnSync(python, ['-c', 'import argon2']).status === 0

    test.skipIf(!hasArgon2 && !process.env['CI'])(
      'with argon2id are accepted by Python’s argon2 (needs python3-argon2)',
      async () => {
        const argon2id = passwords({ format: 'argon2id', argon2: { memory: 64 } })
        const made: Omit<Vector, 'format'>[] = []
        for (const password of ['hunter2', '', 'p\u00e4ss\u2713 😀', 'a'.repeat(100), 'a\0b']) {
          made.push({ password, hash: await argon2id.hash(password) })
        }
        const script = `
import json, sys
from argon2 import PasswordHasher
for one in json.load(sys.stdin):
    print(PasswordHasher().verify(one["hash"], one["password"]))
`
        const output = execFileSync(python, ['-c', script], { input: JSON.stringify(made) })
        expect(output.toString().trim().split('\n')).toEqual(made.map(() => 'True'))
      },
    )
  })
})
