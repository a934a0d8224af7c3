/**
 * Attackers, and the owner of what they attack.
 *
 * Every owner logs in once a day from somewhere else, without a cookie: the worst that can be. The
 * guesses are all different and all wrong, and the attackers come back the moment they may.
 */
import { dice, livesHere, type Right, Timeline } from './people.ts'
import { type Answer, day, hour, minute, type Place, Site, second } from './site.ts'
import { table } from './table.ts'

const days = 30

interface Attack {
  readonly title: string
  /** Whether the owner is where the attackers are. */
  readonly isShared?: boolean
  /** Who else logs in every day where the owner does. */
  readonly colleagues?: number
  begin(timeline: Timeline, site: Site, end: number): Promise<void> | void
}

export async function attacks(): Promise<void> {
  const head = ['who', 'guesses a day at the victim', 'at everybody', 'owner refused', 'longest']
  const about = `Attackers over ${days} days; the owner logs in once a day, without a cookie`
  const rows = async (hasRecovery: boolean) => {
    const all: string[][] = []
    for (const attack of everyAttack()) all.push(await outcome(attack, hasRecovery))
    return all
  }
  table(`${about}; no recovery`, [head, ...(await rows(false))])
  table(`${about}, until a link has opened the account`, [head, ...(await rows(true))])
}

async function outcome(attack: Attack, hasRecovery: boolean): Promise<string[]> {
  const site = new Site({ hasRecovery })
  const timeline = new Timeline()
  const right: Right = { logins: 0, refused: 0, longest: 0 }
  const place = attack.isShared ? address(0) : { network: 'home', site: 'home' }
  const roll = dice(2)
  const people = [
    'victim',
    ...Array.from({ length: attack.colleagues ?? 0 }, (_, n) => `colleague ${n}`),
  ]
  // Who is attacked has lived there before.
  for (const name of people) await site.login({ name, password: 'right', ...place })
  site.now += day
  const end = site.now + days * day
  await attack.begin(timeline, site, end)
  const others: Right = { logins: 0, refused: 0, longest: 0 }
  for (const name of people) {
    const counts = { days, roll, right: name === 'victim' ? right : others }
    livesHere(timeline, site, { name, place }, { mistypes: 0.02, loginsADay: 1 }, counts)
  }
  await timeline.run(site, end)
  const all = [...site.evaluated.values()].reduce((sum, one) => sum + one, 0)
  return [
    attack.title,
    perDay(site.evaluated.get('victim') ?? 0),
    perDay(all),
    `${right.refused} of ${right.logins}`,
    duration(right.longest),
  ]
}

function* everyAttack(): Generator<Attack> {
  yield { title: 'nobody', begin: () => undefined }
  yield { title: 'one address, as fast as it may', begin: hammer([address(0)]) }
  yield {
    title: 'the same, from the owner’s own address',
    isShared: true,
    begin: hammer([address(0)]),
  }
  yield {
    title: 'the same, while a script of the owner’s logs in there every minute',
    isShared: true,
    begin(timeline, site, end) {
      every(timeline, site, end, minute, () =>
        site.login({ name: 'victim', password: 'right', ...address(0) }),
      )
      return hammer([address(0)])(timeline, site, end)
    },
  }
  yield {
    title: 'a hundred /64s of one /48',
    begin: hammer(Array.from({ length: 100 }, (_, n) => ({ network: `n${n}`, site: 'site' }))),
  }
  for (const count of [4, 5, 100]) {
    yield {
      title: `${count} addresses`,
      begin: hammer(Array.from({ length: count }, (_, n) => address(n))),
    }
  }
  for (const count of [1, 5]) {
    yield {
      title: `${count === 1 ? 'one address' : '5 addresses'}, for a day, then gone${count === 1 ? '; the owner’s own address' : ''}`,
      isShared: count === 1,
      begin(timeline, site, end) {
        const gone = Math.min(end, site.now + day)
        const places = Array.from({ length: count }, (_, n) => address(n))
        return hammer(places)(timeline, site, gone)
      },
    }
  }
  yield {
    title: 'a botnet of 10,000, a guess each',
    begin(timeline, site, end) {
      const interval = (end - site.now) / 10_000
      for (let n = 0; n < 10_000; n++) {
        const at = site.now + n * interval
        timeline.add({ at, run: async () => void (await guess(site, 'victim', address(n))) })
      }
    },
  }
  yield { title: 'one address, one password over all names', begin: spray([address(0)]) }
  yield {
    title: 'the same, from the owner’s own address',
    isShared: true,
    begin: spray([address(0)]),
  }
  yield {
    title: 'the same, a name every ten seconds whatever it is told, the owner’s among 100,000',
    isShared: true,
    begin: sprayAll((n) => (n % 100_000 === 50_000 ? 'victim' : `-name ${n % 100_000}`)),
  }
  yield {
    title: 'the same, over the names of an office of 500, from within',
    isShared: true,
    colleagues: 499,
    begin: sprayAll((n) => (n % 500 === 0 ? 'victim' : `colleague ${(n % 500) - 1}`)),
  }
  yield {
    title: '100 addresses, over all names',
    begin: spray(Array.from({ length: 100 }, (_, n) => address(n))),
  }
  yield {
    title: 'a former partner with a copied device cookie',
    async begin(timeline, site, end) {
      const device = await site.device('victim')
      hammerAs(timeline, site, end, () => guess(site, 'victim', address(0), device))
    },
  }
  yield {
    title: 'the owner’s phone with an old password, every five minutes, at home',
    begin: (timeline, site, end) =>
      every(timeline, site, end, 5 * minute, () =>
        site.login({ name: 'victim', password: 'old', network: 'home', site: 'home' }),
      ),
  }
}

function address(n: number): Place {
  return { network: `a${n}`, site: `a${n}` }
}

let guesses = 0

function guess(site: Site, name: string, place: Place, device?: string): Promise<Answer> {
  return site.login({ name, password: `guess ${guesses++}`, ...place, device })
}

/** Each of these places guesses at the victim, and comes back as soon as it may. */
function hammer(places: readonly Place[]): Attack['begin'] {
  return (timeline, site, end) => {
    for (const place of places) hammerAs(timeline, site, end, () => guess(site, 'victim', place))
  }
}

function hammerAs(timeline: Timeline, site: Site, end: number, attempt: () => Promise<Answer>) {
  const run = async () => {
    const { outcome, retryAfter } = await attempt()
    const wait = outcome === 'refused' ? retryAfter * second : second
    if (site.now + wait < end) timeline.add({ at: site.now + wait, run })
  }
  timeline.add({ at: site.now, run })
}

function every(
  timeline: Timeline,
  site: Site,
  end: number,
  interval: number,
  attempt: () => Promise<Answer>,
): void {
  const run = async () => {
    await attempt()
    if (site.now + interval < end) timeline.add({ at: site.now + interval, run })
  }
  timeline.add({ at: site.now, run })
}

/** Each of these places tries one name after the other. */
function spray(places: readonly Place[]): Attack['begin'] {
  return (timeline, site, end) => {
    let name = 0
    for (const place of places) {
      // Every second name has an account.
      const next = () => guess(site, `${name % 2 ? '' : '-'}name ${name++ % 1_000_000}`, place)
      hammerAs(timeline, site, end, next)
    }
  }
}

/** One address tries one name after the other, and does not care that it is refused. */
function sprayAll(name: (n: number) => string): Attack['begin'] {
  return (timeline, site, end) => {
    let n = 0
    every(timeline, site, end, 10 * second, () => guess(site, name(n++), address(0)))
  }
}

function perDay(count: number): string {
  const a = count / days
  return a === 0 ? '0' : a < 10 ? a.toFixed(1) : Math.round(a).toLocaleString('en')
}

function duration(ms: number): string {
  if (ms === 0) return '–'
  if (ms < 2 * hour) return `${Math.ceil(ms / minute)} min`
  return ms < 2 * day ? `${Math.ceil(ms / hour)} h` : `${Math.ceil(ms / day)} days`
}
