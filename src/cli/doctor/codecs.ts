/**
 * Codecs as the doctor prints them, and as they are made of what it prints.
 */
import {
  type ColumnCodec,
  flag,
  type MomentForm,
  timestampFlag,
  timestampUnset,
  timestampUntil,
} from '../../users/codec.ts'
import { quoteText } from './quote.ts'

/** What stands in a column. */
export type Literal = string | number | boolean | bigint | null

export type CodecPlan =
  | { readonly kind: 'flag'; readonly on: readonly Literal[]; readonly off: Literal }
  | {
      readonly kind: 'timestampFlag' | 'timestampUnset' | 'timestampUntil'
      readonly form: MomentForm
      readonly unset: Literal
    }

type MakeMoments = (form: MomentForm, options: { unset: Literal }) => ColumnCodec<boolean, unknown>

const moments: Readonly<Record<Exclude<CodecPlan['kind'], 'flag'>, MakeMoments>> = {
  timestampFlag,
  timestampUnset,
  timestampUntil,
}

export function codecOf(plan: CodecPlan): ColumnCodec<unknown, unknown> {
  const made =
    plan.kind === 'flag'
      ? flag(plan.on, plan.off)
      : moments[plan.kind](plan.form, { unset: plan.unset })
  return made as ColumnCodec<unknown, unknown>
}

export function codeOf(plan: CodecPlan): string {
  if (plan.kind === 'flag') {
    const [first = null] = plan.on
    const on = plan.on.length === 1 ? literal(first) : `[${plan.on.map(literal).join(', ')}]`
    return `flag(${on}, ${literal(plan.off)})`
  }
  if (plan.unset !== null) {
    return `${plan.kind}('${plan.form}', { unset: ${literal(plan.unset)} })`
  }
  return plan.form === 'date' ? `${plan.kind}()` : `${plan.kind}('${plan.form}')`
}

/** A value as JavaScript writes it. */
export function literal(value: Literal): string {
  if (typeof value === 'string') return quoteText(value)
  return typeof value === 'bigint' ? `${value}n` : String(value)
}
