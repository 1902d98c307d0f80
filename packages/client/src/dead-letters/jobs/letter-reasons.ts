/**
 * What a job says of letters, by a code that stays. The log of jobs keeps the sentences, in English.
 */
import { type ReadSentence, sentenceReader } from '../../sentence-reader.ts'

const templates = {
  sentBefore: 'It was sent again before.',
  beingSent: 'Another job is sending it.',
  resolved: 'It is marked as resolved.',
  gone: 'It is not there any more.',
  originalGone: 'It has no copy of its record, and the record is not where it was read first any more.',
  originalInternal: 'It names a record of {topic}, an internal topic: those are not copied.',
  originForbidden: 'It names a record of another topic, and whoever made the job may not read payloads.',
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
  recordsOf: '{count} of them have no copy of their record: it is read from {topic}.',
  nobodyThere: 'No member of group {group} is there now: they wait in {topic} until one is.',
} as const

export type LetterReasonCode = keyof typeof templates

/** The names in a sentence: `topic`, `text` … */
type NameIn<T extends string> = T extends `${string}{${infer Name}}${infer Rest}` ? Name | NameIn<Rest> : never
type Values<C extends LetterReasonCode> = Readonly<Record<NameIn<(typeof templates)[C]>, string | number>>

export type LetterReason = ReadSentence<LetterReasonCode>

/** The English sentences with `{name}` where a value comes. */
export const letterReasons: Readonly<Record<LetterReasonCode, string>> = templates

/** What a broker says is any text, and a group's id may have spaces. */
const read = sentenceReader(letterReasons, new Set(['text', 'group']))

/** The sentence. */
export function letterReason<C extends LetterReasonCode>(code: C, values: Values<C>): string {
  const given: Readonly<Record<string, string | number>> = values
  return templates[code].replace(/\{(\w+)\}/g, (_, name) => String(given[name]))
}

/** Which sentence it is, with its values; null for one of somebody else, as a broker's own about a record. */
export function readLetterReason(sentence: string | null): LetterReason | null {
  return sentence === null ? null : read(sentence)
}
