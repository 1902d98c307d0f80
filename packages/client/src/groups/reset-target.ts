/** Where a reset is to move a group. */
export type ResetTarget =
  | { readonly kind: 'earliest' }
  /** Skips everything that is there now. */
  | { readonly kind: 'latest' }
  /** The first record at or after a time. */
  | { readonly kind: 'time'; readonly timestampMs: number }
  /** The same offset in every partition of the scope. */
  | { readonly kind: 'offset'; readonly offset: number }
  /** By so many offsets, forward or (negative) back: 1 steps over a poison record. */
  | { readonly kind: 'shift'; readonly by: number }
  /** To where another group is. */
  | { readonly kind: 'group'; readonly group: string }
  /** Topic → partition → offset; null takes the commit away. Undoing a reset is this. */
  | { readonly kind: 'offsets'; readonly offsets: Readonly<Record<string, Readonly<Record<string, number | null>>>> }

/** Topics and partitions that are moved; null: all that the group has read or is assigned. */
export type ResetScope = readonly { readonly topic: string; readonly partitions: readonly number[] | null }[] | null

/** In words, for plans, audit and people. */
export function targetText(target: ResetTarget): string {
  switch (target.kind) {
    case 'earliest':
      return 'to the earliest record'
    case 'latest':
      return 'to the end'
    case 'time':
      return `to ${new Date(target.timestampMs).toISOString()}`
    case 'offset':
      return `to offset ${target.offset}`
    case 'shift':
      return target.by < 0 ? `back by ${-target.by}` : `forward by ${target.by}`
    case 'group':
      return `to where group "${target.group}" is`
    case 'offsets':
      return 'to given offsets'
    default:
      return target satisfies never
  }
}
