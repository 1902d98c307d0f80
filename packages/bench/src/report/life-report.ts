import type { DeadLettersResult } from '../letters/measure-dead-letters.ts'
import type { OverviewResult } from '../letters/measure-overview.ts'
import type { ScanMemory } from '../letters/scan-memory.ts'
import type { CompactionResult } from '../measure-compaction.ts'
import type { FlushResult } from '../measure-flush.ts'
import type { GrowthResult } from '../measure-growth.ts'
import type { RecoveryResult } from '../measure-recovery.ts'
import type { RetainedResult } from '../measure-retained.ts'
import type { StartResult } from '../measure-start.ts'
import type { TopicsResult } from '../measure-topics.ts'
import { numberText, spreadText } from './number-text.ts'
import { markdownTable } from './table.ts'

export function startTable(result: StartResult): string {
  return markdownTable(
    ['start and idle', 'median (min–max)'],
    [
      ['broker: process start to Listening, ms', spreadText(result.startMs)],
      ['reference: the same, ms', spreadText(result.referenceStartMs)],
      ['resident memory idle, MB', spreadText(result.idleMegabytes)],
      ['CPU idle, % of a core', spreadText(result.idleCpuPercent)],
    ],
  )
}

export function topicsTable(result: TopicsResult): string {
  return markdownTable(
    [`${result.topics.toLocaleString('en-US')} topics × ${result.partitionsPerTopic} partitions`, ''],
    [
      ['all led after, s', numberText(result.ledMs / 1000)],
      ['resident memory then, MB', numberText(result.residentMegabytes)],
      ['produce to one, over the same to an only topic', spreadText(result.produceRatio)],
      ['restart to first record fetched, s', numberText(result.restartMs / 1000)],
      ['resident memory then, MB', numberText(result.restartedMegabytes)],
    ],
  )
}

export function growthTable(result: GrowthResult): string {
  return markdownTable(
    [`produce 16 KiB to a log of ${numberText(result.gigabytes)} GB`, ''],
    [
      ['MB/s, over the same to an empty log', spreadText(result.produceRatio)],
      ['CPU s/GB, over the same', spreadText(result.cpuRatio)],
      ['restart with it to Listening, ms', numberText(result.restartMs)],
    ],
  )
}

export function retainedTable(result: RetainedResult): string {
  const { gigabytes, memoryMegabytes, shortMemoryMegabytes } = result
  return markdownTable(
    [`${numberText(gigabytes)} GB retained, every segment read`, ''],
    [
      ['memory under load, MB', numberText(memoryMegabytes)],
      ['the same with 1 GB retained, MB', numberText(shortMemoryMegabytes)],
    ],
  )
}

export function flushTable(result: FlushResult): string {
  return markdownTable(
    [`flushes beside ${numberText(result.megabytesPerSecond)} MB/s in batches of 64 KiB`, 'median (min–max)'],
    [
      ['CPU of the broker, over the same without flushes', spreadText(result.cpuRatio)],
      ['CPU of broker and kernel until all is on the disk, over the same', spreadText(result.wholeCpuRatio)],
      ['p99, over the same', spreadText(result.p99Ratio)],
      ['CPU, % of a core', spreadText(result.cpuPercent)],
      ['p99, ms', spreadText(result.p99)],
    ],
  )
}

export function compactionTable(result: CompactionResult): string {
  return markdownTable(
    [`compaction of ${numberText(result.megabytes)} MB with ${numberText(result.keys)} keys`, 'median (min–max)'],
    [
      ['MB/s of the log', spreadText(result.megabytesPerSecond)],
      ['memory beyond what there was, MB', spreadText(result.memoryMegabytes)],
      ['p99 of 1,000 produce requests/s beside it, over before and after', spreadText(result.p99Ratio)],
      ['p99 beside it, ms', spreadText(result.p99)],
      ['p99 before and after, ms', spreadText(result.quietP99)],
    ],
  )
}

export function recoveryTable(result: RecoveryResult): string {
  const { gigabytes, partitions } = result
  return markdownTable(
    [`kill -9 with ${numberText(gigabytes)} GB of log in ${numberText(partitions)} partitions`, 'median (min–max)'],
    [
      ['process start to Listening, ms', spreadText(result.listeningMs)],
      ['to the last record of every partition fetched, ms', spreadText(result.fetchedMs)],
      ['MB read and checked', spreadText(result.readMegabytes)],
      ['process start to Listening after a clean stop, ms', numberText(result.cleanListeningMs)],
    ],
  )
}

export function deadLettersTable(result: DeadLettersResult): string {
  return markdownTable(
    [`${numberText(result.letters)} dead letters of 1 KiB with 17 attempts`, 'median (min–max)'],
    [
      ['sent again by a job, letters/s', spreadText(result.resentPerSecond)],
      ['making the job, ms', spreadText(result.createMs)],
      ['counted by error, origin, attempts, time and state, ms', spreadText(result.facetsMs)],
      ['until the first of them are counted, ms', spreadText(result.firstFacetsMs)],
    ],
  )
}

export function overviewTable(result: OverviewResult): string {
  return markdownTable(
    [
      `${numberText(result.groups)} groups with ${numberText(result.lettersOfEach)} dead letters each`,
      'median (min–max)',
    ],
    [
      ['counts, growth, oldest and newest after a start of broker and console, ms', spreadText(result.firstMs)],
      ['and the most frequent error of each, ms', spreadText(result.firstErrorsMs)],
      ['the same again, ms', spreadText(result.againMs)],
      ['and the most frequent error of each, ms', spreadText(result.againErrorsMs)],
    ],
  )
}

export function letterScanTable({ letters, ms, megabytes }: ScanMemory): string {
  return markdownTable(
    [`${numberText(letters)} dead letters of 1 KiB with 17 attempts, counted`, ''],
    [
      ['seconds', numberText(ms / 1000)],
      ['resident memory at most, by tenths of the way, MB', megabytes.map((each) => numberText(each)).join(', ')],
    ],
  )
}
