/**
 * People who log in, mistype, and come back when they are refused.
 */
import { type Answer, day, hour, minute, type Place, type Site } from './site.ts'

/** What happened to those who knew their password. */
export interface Right {
  logins: number
  refused: number
  /** The longest time from a refusal to the login, in milliseconds. */
  longest: number
}

/** Anything that happens at a moment. */
export interface Happening {
  readonly at: number
  run(): Promise<void>
}

/** A queue of happenings, the earliest first. */
export class Timeline {
  readonly #heap: Happening[] = []

  add(happening: Happening): void {
    const heap = this.#heap
    let index = heap.push(happening) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if ((heap[parent] as Happening).at <= happening.at) break
      heap[index] = heap[parent] as Happening
      index = parent
    }
    heap[index] = happening
  }

  /** Runs everything until a moment. */
  async run(site: Site, until: number): Promise<void> {
    for (;;) {
      const next = this.#heap[0]
      if (!next || next.at >= until) break
      this.#pop()
      site.now = Math.max(site.now, next.at)
      await next.run()
    }
    site.now = until
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop() as Happening
    if (heap.length === 0) return
    const at = (place: number) => (heap[place] as Happening).at
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && at(child + 1) < at(child)) child++
      if (at(child) >= last.at) break
      heap[index] = heap[child] as Happening
      index = child
    }
    heap[index] = last
  }
}

/** Numbers that look random and are the same in every run. */
export function dice(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export interface Person {
  readonly name: string
  readonly place: Place
  /** Set by the link of a message, where there is recovery: the browser is known from then on. */
  device?: string | undefined
}

/** Of a person: how often wrong, and how often a day. */
export interface Habits {
  readonly mistypes: number
  readonly loginsADay: number
}

/**
 * Has a person log in each day. Who mistypes tries again at once; who is refused comes back when
 * told to, or at least every hour; and where there is recovery, opens the account by the link of a
 * message that arrives after two minutes.
 */
export function livesHere(
  timeline: Timeline,
  site: Site,
  person: Person,
  { mistypes, loginsADay }: Habits,
  { days, roll, right }: { days: number; roll: () => number; right: Right },
): void {
  for (let date = 0; date < days; date++) {
    for (let n = 0; n < loginsADay; n++) {
      // Mornings are crowded: half of all logins are within an hour.
      const at = site.now + date * day + (roll() < 0.5 ? 8 * hour + roll() * hour : roll() * day)
      timeline.add({ at, run: () => logsIn(timeline, site, person, mistypes, roll, right) })
    }
  }
}

async function logsIn(
  timeline: Timeline,
  site: Site,
  person: Person,
  mistypes: number,
  roll: () => number,
  right: Right,
): Promise<void> {
  const { name, place } = person
  let typo = 0
  let since: number | null = null
  const attempt = async (): Promise<void> => {
    const isWrong = roll() < mistypes
    const password = isWrong ? `typo-${name}-${site.now}-${typo++}` : 'right'
    const answer: Answer = await site.login({ name, password, ...place, device: person.device })
    if (!isWrong) {
      right.logins++
      if (answer.outcome === 'refused') {
        right.refused++
        since ??= site.now
      } else if (answer.outcome === 'in' && since !== null) {
        right.longest = Math.max(right.longest, site.now - since)
        since = null
      }
    }
    if (answer.outcome === 'in') return
    if (since !== null) right.longest = Math.max(right.longest, site.now - since)
    if (answer.outcome === 'refused' && site.hasRecovery) {
      const open = async () => {
        person.device = await site.unlock(name)
        return attempt()
      }
      timeline.add({ at: site.now + 2 * minute, run: open })
      return
    }
    const wait = answer.outcome === 'wrong' ? 10_000 : Math.min(hour, answer.retryAfter * 1000)
    timeline.add({ at: site.now + Math.max(wait, 10_000) + roll() * minute, run: attempt })
  }
  await attempt()
}
