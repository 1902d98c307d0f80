/**
 * What a job says of letters, by a code that stays: the sentence is for people and scripts that read English, the code for
 * whoever says it in another language. The log of jobs keeps sentences, so the code is read back from them.
 */
const templates = {
  sentBefore: 'It was sent again before.',
  beingSent: 'Another job is sending it.',
  resolved: 'It is marked as resolved.',
  gone: 'It is not there any more.',
  originalGone: 'It has no copy of its record, and the record is not where it was read first any more.',
  originUnknown: 'Its origin is unknown: it can only go back to the group.',
  noRetryTopic: 'The group has no retry topic.',
  topicMissing: 'Topic {topic} does not exist.',
  topicUnknown: 'Topic {topic} is not known.',
  tooLarge: 'It has {bytes} bytes; {topic} takes {most} (max.message.bytes).',
  whereUnknown: 'It is not known whether it reached {place}: records wait there unseen.',
  cancelled: 'The job was cancelled before it came to it.',
  canaryFailed: '{bad} of the first {tried} failed or came back.',
  stopped: '{bad} of {tried} failed or came back.',
  refused: '{place}: {text} ({error})',
  othersOfOrigin: 'Every group that reads the origin topics will see them again, not only this one.',
  othersOfTopic: 'Every group that reads the topic will see them.',
  outOfOrder: 'Later records of their keys may have been dealt with: they come out of order.',
  nobodyThere: 'No member of group {group} is there now: they wait in {topic} until one is.',
} as const

export type LetterReasonCode = keyof typeof templates

/** The names in a sentence: `topic`, `text` … */
type NameIn<T extends string> = T extends `${string}{${infer Name}}${infer Rest}` ? Name | NameIn<Rest> : never
type Values<C extends LetterReasonCode> = Readonly<Record<NameIn<(typeof templates)[C]>, string | number>>

export interface LetterReason {
  readonly code: LetterReasonCode
  /** What the sentence names: topics, counts, what the broker said. */
  readonly values: Readonly<Record<string, string>>
}

/** The English sentences with `{name}` where a value comes. */
export const letterReasons: Readonly<Record<LetterReasonCode, string>> = templates

/** Words of somebody else are any; a group's id may have spaces; all else is a name or a number. */
const readers = (Object.keys(templates) as LetterReasonCode[]).map((code) => {
  const literal = templates[code].replace(/[.()[\]|*+?^$\\]/g, '\\$&')
  const pattern = literal.replace(/\{(\w+)\}/g, (_, name) => `(?<${name}>${/text|group/.test(name) ? '.+' : '\\S+'})`)
  return { code, pattern: new RegExp(`^${pattern}$`, 's') }
})

/** The sentence. */
export function letterReason<C extends LetterReasonCode>(code: C, values: Values<C>): string {
  const given: Readonly<Record<string, string | number>> = values
  return templates[code].replace(/\{(\w+)\}/g, (_, name) => String(given[name]))
}

/** Which sentence it is, with its values; null for one of somebody else, as a broker's own about a record. */
export function readLetterReason(sentence: string | null): LetterReason | null {
  if (sentence === null) return null
  for (const { code, pattern } of readers) {
    const found = pattern.exec(sentence)
    if (found !== null) return { code, values: { ...found.groups } }
  }
  return null
}
