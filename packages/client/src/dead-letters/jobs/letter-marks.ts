/** What was done about letters, of all topics: a number for each letter of which there is something to say. */
import type { LetterPlace } from '../dead-letter.ts'
import type { LetterState } from '../letter-where.ts'

/**
 * A topic by its name and id: one that is made again under the name has other letters. A mark is one number,
 * `(job × 4096 + resent) × 2 + resolved`; job is the number of the job that is sending it, 0 for none.
 */
export class LetterMarks {
  readonly #topics = new Map<string, Map<number, Map<number, number>>>()

  static topicKey(topic: string, topicId: string): string {
    return `${topic}/${topicId}`
  }

  /** The marks of a topic by partition and offset; undefined for none. */
  of(topicKey: string): ReadonlyMap<number, ReadonlyMap<number, number>> | undefined {
    return this.#topics.get(topicKey)
  }

  get(topicKey: string, partition: number, offset: number): number {
    return this.#topics.get(topicKey)?.get(partition)?.get(offset) ?? 0
  }

  take(topicKey: string, place: LetterPlace, job: number): void {
    this.#set(topicKey, place, (mark) => withJob(mark, job))
  }

  addResent(topicKey: string, place: LetterPlace): void {
    this.#set(topicKey, place, (mark) => withJob(mark, 0) + (resentOfMark(mark) < RESENT_MAX ? 2 : 0))
  }

  /** What is left of a job that is deleted: that it was sent. */
  keepResent(topicKey: string, place: LetterPlace): void {
    this.#set(topicKey, place, (mark) => (resentOfMark(mark) === 0 ? mark + 2 : mark))
  }

  setResolved(topicKey: string, place: LetterPlace, isResolved: boolean): void {
    this.#set(topicKey, place, (mark) => mark - (mark % 2) + (isResolved ? 1 : 0))
  }

  #set(topicKey: string, { partition, offset }: LetterPlace, change: (mark: number) => number): void {
    let partitions = this.#topics.get(topicKey)
    if (partitions === undefined) {
      partitions = new Map()
      this.#topics.set(topicKey, partitions)
    }
    let offsets = partitions.get(partition)
    if (offsets === undefined) {
      offsets = new Map()
      partitions.set(partition, offsets)
    }
    const mark = change(offsets.get(offset) ?? 0)
    if (mark === 0) offsets.delete(offset)
    else offsets.set(offset, mark)
  }
}

const JOB_UNIT = 8192
const RESENT_MAX = 4095

function withJob(mark: number, job: number): number {
  return job * JOB_UNIT + (mark % JOB_UNIT)
}

/** The number of the job that is sending the letter; 0 for none. */
export function jobOfMark(mark: number): number {
  return Math.floor(mark / JOB_UNIT)
}

export function resentOfMark(mark: number): number {
  return Math.floor((mark % JOB_UNIT) / 2)
}

export function stateOfMark(mark: number): LetterState {
  const resent = resentOfMark(mark)
  const isResolved = mark % 2 === 1
  return { kind: isResolved ? 'resolved' : resent > 0 ? 'resent' : 'new', resent, isResolved }
}
