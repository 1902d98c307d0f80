import { createParser, parseAsInteger, parseAsString, parseAsStringLiteral } from 'nuqs'

export const targetKinds = ['time', 'earliest', 'latest', 'offset', 'shift', 'group', 'undo'] as const
export type TargetKind = (typeof targetKinds)[number]

/** Topics, and of each the partitions; null: all of it. */
export type Scope = readonly { readonly topic: string; readonly partitions: readonly number[] | null }[]

/** `topic:0.1.2,other`, each name encoded. */
const parseAsScope = createParser<Scope>({
  parse: (text) => {
    const scope = text.split(',').map((part) => {
      const [name = '', numbers] = part.split(':')
      const partitions = numbers === undefined ? null : numbers.split('.').map(Number)
      return { topic: decoded(name), partitions }
    })
    const isSound = scope.every(
      ({ topic, partitions }) => topic !== '' && (partitions?.every((n) => Number.isSafeInteger(n) && n >= 0) ?? true),
    )
    return isSound ? scope : null
  },
  serialize: (scope) =>
    scope
      .map(({ topic, partitions }) => {
        const name = encodeURIComponent(topic)
        return partitions === null ? name : `${name}:${partitions.join('.')}`
      })
      .join(','),
  eq: (one, other) => JSON.stringify(one) === JSON.stringify(other),
})

/** What the URL of a reset says: the target with what it needs, and the scope (none: everything). */
export const resetQueryParsers = {
  to: parseAsStringLiteral(targetKinds).withDefault('time'),
  /** A moment as it was typed: ISO text, an epoch, `2h ago`. */
  at: parseAsString.withDefault(''),
  offset: parseAsInteger,
  by: parseAsInteger,
  from: parseAsString.withDefault(''),
  undo: parseAsString.withDefault(''),
  scope: parseAsScope,
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
