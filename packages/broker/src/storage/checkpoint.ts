/**
 * Kafka's checkpoint files: text, a line with the version (0), a line with the number of entries, a line for each entry.
 * `recovery-point-offset-checkpoint`, `log-start-offset-checkpoint`, `replication-offset-checkpoint` and
 * `cleaner-offset-checkpoint` of a data directory have entries `<topic> <partition> <offset>`.
 */
import type { Disk } from '../host/disk.ts'

const VERSION = '0'

export function encodeCheckpoint(lines: readonly string[]): string {
  return `${VERSION}\n${lines.length}\n${lines.map((line) => `${line}\n`).join('')}`
}

/** The entries, each split into its `columns` words; or what is wrong. An empty file has none. */
export function decodeCheckpoint(text: string, columns: number): string[][] | string {
  if (text === '') return []
  const lines = text.split('\n')
  if (lines[0] !== VERSION) return `version "${lines[0]}" instead of ${VERSION}`
  const count = Number(lines[1])
  if (lines[1] === undefined || !Number.isInteger(count) || count < 0) return `"${lines[1]}" is no number of entries`
  const entries: string[][] = []
  for (const line of lines.slice(2)) {
    if (line === '') continue
    const words = line.split(/\s+/)
    if (words.length !== columns || !words.slice(-1).every((word) => /^-?\d+$/.test(word))) return `bad line "${line}"`
    entries.push(words)
  }
  return entries.length === count ? entries : `${entries.length} entries instead of ${count}`
}

/** Offsets by topic and partition, as a checkpoint file of a data directory holds them. */
export class OffsetCheckpoint {
  readonly #offsets = new Map<string, Map<number, number>>()

  get(topic: string, partition: number): number | undefined {
    return this.#offsets.get(topic)?.get(partition)
  }

  set(topic: string, partition: number, offset: number): void {
    let partitions = this.#offsets.get(topic)
    if (partitions === undefined) {
      partitions = new Map()
      this.#offsets.set(topic, partitions)
    }
    partitions.set(partition, offset)
  }

  delete(topic: string, partition: number): void {
    this.#offsets.get(topic)?.delete(partition)
  }

  /** The file's text. */
  toString(): string {
    const lines: string[] = []
    for (const [topic, partitions] of this.#offsets)
      for (const [partition, offset] of partitions) lines.push(`${topic} ${partition} ${offset}`)
    return encodeCheckpoint(lines)
  }

  /** Reads a file; an empty checkpoint where it is missing, and what is wrong with it as text. */
  static read(disk: Disk, path: string): OffsetCheckpoint | string {
    const checkpoint = new OffsetCheckpoint()
    const bytes = disk.readFile(path)
    if (bytes === null) return checkpoint
    const entries = decodeCheckpoint(bytes.toString(), 3)
    if (typeof entries === 'string') return `${path}: ${entries}`
    for (const [topic, partition, offset] of entries) checkpoint.set(topic!, Number(partition), Number(offset))
    return checkpoint
  }
}
