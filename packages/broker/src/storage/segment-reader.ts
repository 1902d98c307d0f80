import type { DiskFile } from '../host/disk.ts'
import { isNoFile } from '../host/no-room.ts'
import type { NodeFile } from '../host/node/file.ts'

/** What the real host's connections ask of a file whose ranges they send. */
type SendableFile = Pick<NodeFile, 'path' | 'read' | 'readCached' | 'readLater' | 'isCached' | 'sendTo'>

/** A segment, as its reader needs it. */
interface ReadSegment {
  readonly file: DiskFile
  path(suffix: string): string
  hold(): void
  letGo(): void
}

/**
 * What a range of a segment refers to: the file, as long as the segment is there, also when it was closed meanwhile to keep
 * few open. A range may wait long for a slow peer; when its segment was removed by then, it reads as cut off. So it does where too
 * many files are open for that one: its connection ends then, which makes room.
 */
export class SegmentReader implements SendableFile {
  readonly #segment: ReadSegment

  constructor(segment: ReadSegment) {
    this.#segment = segment
  }

  /** Keeps the file open until `letGo`, also where the segment is removed meanwhile. False where it is gone already. */
  hold(): boolean {
    if (this.#sendable() === null) return false
    this.#segment.hold()
    return true
  }

  letGo(): void {
    this.#segment.letGo()
  }

  get path(): string {
    return this.#segment.path('.log')
  }

  /** As DiskFile.read. Throws where the segment was removed. */
  read(buffer: Uint8Array, start: number, end: number, position: number): number {
    return this.#segment.file.read(buffer, start, end, position)
  }

  readCached(buffer: Uint8Array, start: number, end: number, position: number): number {
    return this.#sendable()?.readCached(buffer, start, end, position) ?? 0
  }

  readLater(
    buffer: Uint8Array,
    count: number,
    position: number,
    done: (error: Error | null, got: number) => void,
  ): void {
    const file = this.#sendable()
    if (file === null) queueMicrotask(() => done(null, 0))
    else file.readLater(buffer, count, position, done)
  }

  isCached(position: number, length: number): boolean {
    return this.#sendable()?.isCached(position, length) ?? true
  }

  sendTo(socket: number, position: number, length: number): number {
    return this.#sendable()?.sendTo(socket, position, length) ?? 0
  }

  /** The real host's file; null where the segment was removed, or the file cannot be opened as too many are. */
  #sendable(): NodeFile | null {
    try {
      return this.#segment.file as NodeFile
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' || isNoFile(error)) return null
      throw error
    }
  }
}
