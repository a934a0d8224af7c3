/**
 * Populations without any attacker: nobody who is right should be refused.
 */
import { dice, type Habits, livesHere, type Person, type Right, Timeline } from './people.ts'
import { hour, minute, Site } from './site.ts'
import { table } from './table.ts'

interface Crowd {
  readonly title: string
  readonly people: readonly Person[]
  readonly habits: Habits
  readonly days: number
}

/** Nobody has a cookie: clients without cookies, or the first day of everybody. */
export async function crowds(): Promise<void> {
  const rows: string[][] = []
  for (const { title, people, habits, days } of everybody()) {
    const site = new Site()
    const timeline = new Timeline()
    const right: Right = { logins: 0, refused: 0, longest: 0 }
    const roll = dice(1)
    for (const person of people) livesHere(timeline, site, person, habits, { days, roll, right })
    await timeline.run(site, site.now + days * 24 * hour)
    rows.push([
      title,
      String(days),
      right.logins.toLocaleString('en'),
      right.refused.toLocaleString('en'),
      right.longest === 0 ? '–' : `${Math.ceil(right.longest / minute)} min`,
    ])
  }
  table('People who know their passwords, and mistype 2 % of them; no known devices', [
    ['who', 'days', 'right logins', 'refused', 'longest refusal'],
    ...rows,
  ])
}

function* everybody(): Generator<Crowd> {
  const habits = { mistypes: 0.02, loginsADay: 2 }
  const many = (count: number, place: (n: number) => Person['place']) =>
    Array.from({ length: count }, (_, n) => ({ name: `p${n}`, place: place(n) }))
  const one = { network: '192.0.2.1', site: '192.0.2.1' }
  yield {
    title: 'an office of 2,000 behind one address',
    people: many(2000, () => one),
    habits,
    days: 5,
  }
  yield {
    title: 'the same, everybody logging in 10 times a day',
    people: many(2000, () => one),
    habits: { ...habits, loginsADay: 10 },
    days: 2,
  }
  yield {
    title: '20,000 behind a carrier’s one address',
    people: many(20_000, () => one),
    habits,
    days: 2,
  }
  yield {
    title: '20,000 phones in one /48, a /64 each',
    people: many(20_000, (n) => ({ network: `phone-${n}`, site: 'carrier' })),
    habits,
    days: 2,
  }
  yield {
    title: 'a family of 5',
    people: many(5, () => one),
    habits: { ...habits, mistypes: 0.1 },
    days: 30,
  }
  yield {
    title: 'a site of 100,000, at home each',
    people: many(100_000, (n) => ({ network: `home-${n}`, site: `home-${n}` })),
    habits: { ...habits, loginsADay: 1 },
    days: 1,
  }
}
