import { join } from 'node:path'
import { PartitionFile } from './partition-file.ts'

/** The one topic that a reference server has at a time: making the next removes the one before. */
export class ReferenceTopic {
  readonly #directory: string
  #generation = 0
  name = ''
  partitions: PartitionFile[] = []

  constructor(directory: string) {
    this.#directory = directory
  }

  create(name: string, partitions: number): void {
    this.remove()
    this.name = name
    this.#generation += 1
    this.partitions = Array.from(
      { length: partitions },
      (_, index) => new PartitionFile(join(this.#directory, `${this.#generation}-${index}.log`)),
    )
  }

  remove(): void {
    for (const partition of this.partitions) partition.remove()
    this.partitions = []
    this.name = ''
  }

  write(): void {
    for (const partition of this.partitions) partition.write()
  }
}
