/**
 * Hashes in threads of our own: what they compute, and that nothing is lost with a thread.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { Worker } from 'node:worker_threads'
import { hash } from '@node-rs/bcrypt'
import { afterEach, describe, expect, test } from 'vitest'
import { argon2Engine } from '../../src/passwords/argon2-engine.ts'
import { bcryptEngine } from '../../src/passwords/bcrypt-engine.ts'
import { type HashTask, HashThreads, hashWorker } from '../../src/passwords/hash-threads.ts'

const salt = '$2b$04$abcdefghijklmnopqrstuu'
const task: HashTask = { work: 'hash', password: 'correct horse', salt }
const elsewhere = async () => 'elsewhere'

/** Of all threads of the process, where the platform tells; else of the process. */
function nicenessOfTasks(): number[] {
  if (process.platform !== 'linux') return [getPriority()]
  return readdirSync('/proc/self/task').map((id) => {
    const stat = readFileSync(`/proc/self/task/${id}/stat`, 'latin1')
    // The name of the thread is in brackets, and may hold blanks; the nineteenth field is wanted.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])
  })
}

describe('Threads for password hashes', () => {
  let threads = new HashThreads()
  afterEach(() => {
    threads.close()
    threads = new HashThreads()
  })

  test('compute what the package computes', async () => {
    const made = await threads.compute(task, elsewhere)
    expect(made).toBe(await hash('correct horse', { salt }))
    const check = (password: string) =>
      threads.compute({ work: 'verify', password, hash: made }, async () => 'elsewhere')
    expect([await check('correct horse'), await check('wrong')]).toEqual([true, false])
  })

  test('compute several at once', async () => {
    const tasks = Array.from({ length: 3 }, () => threads.compute(task, elsewhere))
    expect(new Set(await Promise.all(tasks))).toEqual(
      new Set([await hash('correct horse', { salt })]),
    )
  })

  test('compute Argon2, where Node does', async () => {
    const input = {
      password: 'a',
      salt: Buffer.alloc(16),
      memory: 1024,
      passes: 1,
      parallelism: 1,
      length: 32,
    }
    const inThread = await argon2Engine(undefined, threads.compute)?.(input)
    expect(inThread && Buffer.from(inThread)).toEqual(
      Buffer.from((await argon2Engine()?.(input)) ?? []),
    )
  })

  test('that cannot compute something leave it to the usual way, which says why', async () => {
    const failing = threads.compute({ ...task, salt: 'none' }, () => hash('a', { salt: 'none' }))
    await expect(failing).rejects.toThrow(/salt/i)
    expect(await threads.compute(task, elsewhere)).not.toBe('elsewhere')
  })

  test('that end in the middle of a hash lose nothing: another one computes it', async () => {
    const started: Worker[] = []
    const mortal = new HashThreads(() => {
      const worker = hashWorker(0)
      started.push(worker)
      return worker
    })
    const computing = mortal.compute(task, elsewhere)
    await started[0]?.terminate()
    expect(await computing).toBe(await hash('correct horse', { salt }))
    expect(started).toHaveLength(2)
    mortal.close()
  })

  test('that always end, or cannot start, leave the hash to the usual way', async () => {
    const dying = new HashThreads(() => new Worker('process.exit()', { eval: true }))
    expect(await dying.compute(task, elsewhere)).toBe('elsewhere')
    let tries = 0
    const impossible = new HashThreads(() => {
      tries++
      throw new Error('ERR_ACCESS_DENIED')
    })
    for (let n = 0; n < 3; n++) expect(await impossible.compute(task, elsewhere)).toBe('elsewhere')
    expect(tries).toBe(1)
  })

  test('are nicer than the process where a thread can be, and the process stays as it is', async () => {
    const before = getPriority()
    const nice = new HashThreads(() => hashWorker(3))
    await nice.compute(task, elsewhere)
    expect(getPriority()).toBe(before)
    expect(nicenessOfTasks()).toContain(process.platform === 'linux' ? before + 3 : before)
    nice.close()
  })

  test('are not used for what is cheap, and are for what is not', async () => {
    const works: string[] = []
    const compute = async <Result>({ work }: HashTask, here: () => Promise<Result>) => {
      works.push(work)
      return here()
    }
    const engine = bcryptEngine(compute)
    await engine.hash('a', salt)
    expect(works).toEqual([])
    await engine.verify('a', `$2b$10$${'a'.repeat(53)}`)
    expect(works).toEqual(['verify'])
  })
})
