/**
 * The list of an account's known devices, ten at most: what stands in it, and who has to go.
 */
import {
  isFlag,
  isInstant,
  isNumber,
  isObject,
  isText,
  listOf,
  orAbsent,
  parsedJson,
} from '../storage/records.ts'

/** A device in an account's list. */
export interface Device {
  /** Digest of its name. */
  readonly tag: string
  /** When it last logged in, in milliseconds since the epoch. */
  readonly used: number
  /** Whether it logged in again since it became known. */
  readonly cameBack: boolean
  /** Its last login; see `Principal.login`. Empty for one that has not logged in. */
  readonly login: string
  /** Where the account was registered from it, the account's epoch then. */
  readonly registered?: number
}

export const perAccount = 10
const monthMs = 30 * 86_400_000
/** How many of those that never came back have a place that later ones cannot take. */
const firstOnes = 3

/**
 * The list without the one that is missed least: the latest of those that never came back, or else
 * the one that was not used for longest. One whose login is alive stays. So do the first three of
 * those that never came back, for a month: a program that logs in every minute and keeps nothing
 * pushes out itself, not the browser that its owner has at home.
 */
export function withoutIdle(
  list: readonly Device[],
  isInUse: (login: string) => boolean,
  now: number,
): readonly Device[] {
  const byUse = list.toSorted((a, b) => a.used - b.used)
  const newcomers = byUse.filter(({ cameBack }) => !cameBack)
  const isIdle = (one: Device) => !isInUse(one.login)
  const least =
    newcomers.slice(firstOnes).findLast(isIdle) ??
    byUse.find((one) => one.cameBack && isIdle(one)) ??
    newcomers.find((one) => isIdle(one) && now - one.used > monthMs)
  return list.filter((one) => one !== least)
}

/** A list that cannot be read makes its devices strangers, and nothing worse. */
export function readList(text: string | null): readonly Device[] {
  const list = text === null ? [] : parsedJson(text)
  return isDeviceList(list) ? (list as readonly Device[]) : []
}

const isDeviceList = listOf(
  (one) =>
    isObject(one) &&
    isText(one['tag']) &&
    isInstant(one['used']) &&
    isFlag(one['cameBack']) &&
    isText(one['login']) &&
    orAbsent(isNumber)(one['registered']),
)
