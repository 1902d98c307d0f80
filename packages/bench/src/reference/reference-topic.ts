import { join } from 'node:path'
import { PartitionFile } from './partition-file.ts'
import { SharedSync } from './shared-sync.ts'

/** The one topic that a reference server has at a time: making the next removes the one before. */
export class ReferenceTopic {
  readonly #directory: string
  #files: PartitionFile[] = []
  #generation = 0
  name = ''
  partitions: PartitionFile[] = []
  /** Where answers wait for the disk. */
  sync: SharedSync | null = null

  constructor(directory: string) {
    this.#directory = directory
  }

  /** Partitions that are to be flushed before each answer share one file. */
  create(name: string, partitions: number, isFlushed: boolean): void {
    this.remove()
    this.name = name
    this.#generation += 1
    const files = Array.from({ length: isFlushed ? 1 : partitions }, (_, at) => new PartitionFile(this.#path(at)))
    this.#files = files
    this.partitions = isFlushed ? Array.from({ length: partitions }, () => new PartitionFile('', files[0])) : files
    this.sync = isFlushed ? new SharedSync(files[0]!.descriptor) : null
  }

  remove(): void {
    for (const file of this.#files) file.remove()
    this.#files = []
    this.partitions = []
    this.sync = null
    this.name = ''
  }

  #path(index: number): string {
    return join(this.#directory, `${this.#generation}-${index}.log`)
  }

  write(): void {
    for (const file of this.#files) file.write()
  }
}
