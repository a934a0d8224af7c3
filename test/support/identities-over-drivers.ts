/**
 * The kit for identities over every driver that an adapter is tested with.
 */
import { describe } from 'vitest'
import { drizzleDrivers, kyselyDrivers } from './drivers.ts'
import { identitiesKit, type OpenIdentities, twoTenants } from './identities-kit.ts'

/** Opens them over a driver, among tenants or not. */
type OpenOver<Driver> = (driver: Driver, tenants: boolean) => Promise<OpenIdentities>

/** The kit over every driver that is there. */
export function everyDriver(
  where: string,
  withDrizzle: OpenOver<
    'Drizzle over better-sqlite3' | 'Drizzle over node-postgres' | 'Drizzle over mysql2'
  >,
  withKysely: OpenOver<'Kysely over better-sqlite3' | 'Kysely over pg'>,
): void {
  const conforms = <Driver extends string>(
    driver: Driver,
    isThere: boolean,
    open: OpenOver<Driver>,
  ) =>
    describe(`Identities: ${driver}`, () => {
      describe.runIf(isThere)('conforms', () => {
        describe(where, () => identitiesKit(() => open(driver, false)))
        describe(`${where}, with tenants`, () =>
          identitiesKit(() => open(driver, true), twoTenants))
      })
    })
  for (const driver of [
    'Drizzle over better-sqlite3',
    'Drizzle over node-postgres',
    'Drizzle over mysql2',
  ] as const) {
    conforms(driver, drizzleDrivers[driver].isThere, withDrizzle)
  }
  for (const driver of ['Kysely over better-sqlite3', 'Kysely over pg'] as const) {
    conforms(driver, kyselyDrivers[driver].isThere, withKysely)
  }
}
