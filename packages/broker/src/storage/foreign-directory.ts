/**
 * What must not be taken for a data directory, though nobody has locked it: a data directory of Kafka, whose topics only its
 * own metadata knows, and a directory with folders of something else whose names look like those of logs. A start sets aside
 * logs that belong to no topic; it must not lay hands on what is no log.
 */
import type { Disk, DiskEntry } from '../host/disk.ts'
import { META_PROPERTIES } from './meta-properties.ts'
import { EPOCH_CHECKPOINT, PARTITION_METADATA, parseFileName } from './segment-files.ts'

/** The log of Kafka's controllers (no topic can have that name), and what `kafka-storage format` leaves. */
const KAFKA_METADATA = new Set(['__cluster_metadata-0', 'bootstrap.checkpoint'])
const LOG_NAME = /^.+-\d+$/

/** Why `path`, in which `entries` are, is not to be used, ready to print; null where it may be. */
export function foreignProblem(disk: Disk, path: string, entries: readonly DiskEntry[]): string | null {
  const isNew = !entries.some(({ name }) => name === META_PROPERTIES)
  for (const { name, isDirectory } of entries) {
    if (KAFKA_METADATA.has(name))
      return (
        `${path} is a data directory of Kafka (${name}): its topics are in Kafka's own metadata, which is not read here. ` +
        `Choose another directory in log.dirs; MirrorMaker copies topics from one cluster to the other.`
      )
    if (isNew && isDirectory && LOG_NAME.test(name) && isForeignFolder(disk, `${path}/${name}`))
      return (
        `${path} is no data directory: it has no meta.properties, and ${name} in it is a folder of something else. ` +
        `Choose an empty directory in log.dirs.`
      )
  }
  return null
}

/** Whether a directory holds something, and nothing that a log has. */
export function isForeignFolder(disk: Disk, path: string): boolean {
  const entries = disk.list(path)
  return entries.length > 0 && !entries.some(({ name, isDirectory }) => !isDirectory && isLogFile(name))
}

function isLogFile(name: string): boolean {
  return parseFileName(name) !== null || name.startsWith(PARTITION_METADATA) || name.startsWith(EPOCH_CHECKPOINT)
}
