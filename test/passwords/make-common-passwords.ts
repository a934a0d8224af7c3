/**
 * Writes src/passwords/common-passwords-list.ts from the list of @zxcvbn-ts/language-common, which
 * is ordered by how often a password was seen:
 *
 *     npm pack @zxcvbn-ts/language-common@4.1.3
 *     tar xf zxcvbn-ts-language-common-4.1.3.tgz
 *     node test/passwords/make-common-passwords.ts package/src/passwords.json
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { isPattern } from '../../src/passwords/common-passwords.ts'
import { fold } from '../../src/passwords/fold.ts'

const all = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as string[]
const folded = all.map(fold)
// What would need escaping in the file is left out: three of 49 thousand.
const plain = folded.filter((one) => /^[!-~]+$/.test(one) && !/[\\`]|\$\{/.test(one))
const shorter = plain.slice(0, 1000).filter((one) => one.length < 8)
const longer = plain.filter((one) => one.length >= 8 && !isPattern(one)).slice(0, 4000)

const lines = ['']
for (const one of [...new Set([...shorter, ...longer])].sort()) {
  const line = lines.at(-1) ?? ''
  if (line.length + one.length < 100) lines[lines.length - 1] = line === '' ? one : `${line} ${one}`
  else lines.push(one)
}

const notice = `/*!
 * The most common passwords: 4000 of at least 8 characters that are no pattern, and the shorter
 * ones among the first thousand; in lower case, sorted. Made by
 * test/passwords/make-common-passwords.ts from @zxcvbn-ts/language-common 4.1.3, under this licence
 * (MIT):
 *
 * Copyright (c) 2012-2016 Dan Wheeler and Dropbox, Inc.
 * Copyright (c) 2021 @zxcvbn-ts
 *
 * Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
 * associated documentation files (the "Software"), to deal in the Software without restriction,
 * including without limitation the rights to use, copy, modify, merge, publish, distribute,
 * sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is
 * furnished to do so, subject to the following conditions:
 *
 * The above copyright notice and this permission notice shall be included in all copies or
 * substantial portions of the Software.
 *
 * THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT
 * NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
 * NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM,
 * DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
 * OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
 */
`
writeFileSync(
  new URL('../../src/passwords/common-passwords-list.ts', import.meta.url),
  `${notice}export const commonPasswordText = \`\n${lines.join('\n')}\n\`\n`,
)
