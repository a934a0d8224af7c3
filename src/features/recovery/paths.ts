import type { BuiltGate } from '../../gates.ts'
import { type BodySchema, type Route, type RouteDefinition, route } from '../../http/route.ts'

/**
 * The same route under its neutral path, and under the historical one, where it has one.
 */
export function atBoth<Schema extends BodySchema, Gate extends BuiltGate | undefined = undefined>(
  historical: string | null,
  neutral: string,
  definition: Omit<RouteDefinition<Schema, undefined, Gate>, 'path'>,
): Route[] {
  const { operation } = definition
  const again = { ...operation, id: `${operation.id}Historical` }
  return [
    route({ ...definition, path: neutral }),
    ...(historical === null ? [] : [route({ ...definition, path: historical, operation: again })]),
  ]
}
