/**
 * Threads of our own that compute password hashes: as many as hash at once, of lower priority where
 * the platform has that for a thread. The platform's pool has four threads, whatever the machine,
 * and everything else that waits for files, names or signatures waits in it.
 *
 * A thread starts with the first hash that needs it, keeps no process alive, and ends when it has
 * had nothing to do for a while. Where there can be no threads, or one dies twice over the same
 * hash, the caller's own way is taken: nothing is lost but time.
 */
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'

/** What a thread is told to do. */
export type HashTask =
  | { readonly work: 'hash'; readonly password: string; readonly salt: string }
  | { readonly work: 'verify'; readonly password: string; readonly hash: string }
  | { readonly work: 'argon2'; readonly variant: string; readonly parameters: object }
  | {
      /** A digest of a salt and the input, and of itself and the input, so many times. */
      readonly work: 'chain'
      readonly algorithm: string
      readonly salt: string
      readonly input: Uint8Array
      readonly rounds: number
    }

/** Computes what a task says, in a thread; `elsewhere` where there is none. */
export type Compute = <Result>(task: HashTask, elsewhere: () => Promise<Result>) => Promise<Result>

/** For `resolve` under a name: webpack looks for what is written there, and warns. */
const packageName = '@node-rs/bcrypt'

/** A thread without work ends after so many milliseconds. */
const idleMs = 60_000

/** A hash that has ended two threads is computed in the platform's pool. */
const maxTries = 2

/**
 * As text, because a file beside this one would be missing from a bundle. Linux alone gives a
 * thread a priority of its own: elsewhere it would be the whole process's.
 */
const program = `
const { parentPort, workerData } = require('node:worker_threads')
const { getPriority, setPriority } = require('node:os')
if (process.platform === 'linux') {
  try { setPriority(0, Math.min(19, getPriority(0) + workerData.niceness)) } catch {}
}
const compute = {
  hash: ({ password, salt }) => require(workerData.bcrypt).hashSync(password, { salt }),
  verify: ({ password, hash }) => require(workerData.bcrypt).verifySync(password, hash),
  argon2: ({ variant, parameters }) => require('node:crypto').argon2Sync(variant, parameters),
  chain: ({ algorithm, salt, input, rounds }) => {
    const { hash } = require('node:crypto')
    let digest = hash(algorithm, Buffer.concat([Buffer.from(salt), input]), 'buffer')
    const block = Buffer.concat([digest, input])
    for (let done = 0; done < rounds; done++) {
      digest.copy(block)
      digest = hash(algorithm, block, 'buffer')
    }
    return Uint8Array.from(digest)
  },
}
parentPort.on('message', (task) => {
  try {
    parentPort.postMessage({ result: compute[task.work](task) })
  } catch (error) {
    parentPort.postMessage({ error: String(error && error.message) })
  }
})
`

type Answer = { readonly result: unknown } | { readonly error: string }

export class HashThreads {
  readonly #idle: HashThread[] = []
  /** Whether threads were found to be out of the question here. */
  #areImpossible = false
  readonly #startWorker: () => Worker

  /** @param startWorker Starts a thread. Default: one of the process's own priority. */
  constructor(startWorker: () => Worker = () => hashWorker(0)) {
    this.#startWorker = startWorker
  }

  readonly compute: Compute = async (task, elsewhere) => {
    for (let tries = 0; tries < maxTries && !this.#areImpossible; tries++) {
      const thread = this.#idle.pop() ?? this.#start()
      if (thread === null) break
      const answer = await thread.run(task)
      // It has died; another one tries again.
      if (answer === null) continue
      this.#idle.push(thread)
      thread.endWhenIdle(idleMs, () => this.#forget(thread))
      // What is wrong is said by the way that everybody takes who has no threads.
      if ('result' in answer) return answer.result as Awaited<ReturnType<typeof elsewhere>>
      break
    }
    return elsewhere()
  }

  /** Ends the threads that have nothing to do. */
  close(): void {
    for (const thread of this.#idle.splice(0)) thread.end()
  }

  #start(): HashThread | null {
    try {
      const thread = new HashThread(this.#startWorker())
      thread.onExit(() => this.#forget(thread))
      return thread
    } catch {
      // No worker threads on this runtime, or none permitted, or the package is not installed.
      this.#areImpossible = true
      return null
    }
  }

  #forget(thread: HashThread): void {
    const index = this.#idle.indexOf(thread)
    if (index >= 0) this.#idle.splice(index, 1)
  }
}

class HashThread {
  readonly #worker: Worker
  #answer: ((answer: Answer | null) => void) | null = null
  #idleTimer: NodeJS.Timeout | undefined

  constructor(worker: Worker) {
    this.#worker = worker
    this.#worker.unref()
    this.#worker.on('message', (answer: Answer) => this.#settle(answer))
    // What an error is of, its exit follows.
    this.#worker.on('error', () => undefined)
    this.onExit(() => this.#settle(null))
  }

  onExit(listener: () => void): void {
    this.#worker.on('exit', listener)
  }

  /** `null` when the thread has died over it. */
  run(task: HashTask): Promise<Answer | null> {
    clearTimeout(this.#idleTimer)
    // Whoever waits for a hash must not find the process ended.
    this.#worker.ref()
    return new Promise((resolve) => {
      this.#answer = resolve
      this.#worker.postMessage(task)
    })
  }

  endWhenIdle(milliseconds: number, onEnd: () => void): void {
    this.#idleTimer = setTimeout(() => {
      onEnd()
      this.end()
    }, milliseconds)
    this.#idleTimer.unref()
  }

  end(): void {
    clearTimeout(this.#idleTimer)
    void this.#worker.terminate()
  }

  #settle(answer: Answer | null): void {
    this.#worker.unref()
    this.#answer?.(answer)
    this.#answer = null
  }
}

/**
 * A thread that runs the program above.
 *
 * @param niceness Above the process's own.
 */
export function hashWorker(niceness: number): Worker {
  // A bundle in CommonJS cannot resolve: that is no thread.
  const bcrypt = fileURLToPath(import.meta.resolve(packageName))
  return new Worker(program, {
    eval: true,
    workerData: { bcrypt, niceness },
    // It has no use for the process's own environment and arguments.
    env: {},
    argv: [],
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8 },
  })
}
