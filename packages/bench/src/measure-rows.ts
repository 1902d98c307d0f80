import type { Contestant } from './contestant.ts'
import { type DriveTimes, drive } from './drive.ts'
import type { LoadFigures } from './load/load.ts'
import type { LoadRow } from './rows.ts'
import { touchMemory } from './touch-memory.ts'

/** What every contestant reached in every round of a row. */
export interface LoadResult {
  readonly row: LoadRow
  readonly rounds: ReadonlyMap<Contestant['name'], readonly LoadFigures[]>
}

/**
 * Rounds of one row: each contestant once a round, beginning with another one each time. `touchGibibytes` of memory are
 * written before each run.
 */
export async function measureRow(
  row: LoadRow,
  contestants: readonly Contestant[],
  rounds: number,
  times: DriveTimes,
  touchGibibytes = 0,
): Promise<LoadResult> {
  const figures = new Map(contestants.map(({ name }) => [name, [] as LoadFigures[]]))
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const contestant = contestants[(round + turn) % contestants.length]!
      touchMemory(touchGibibytes)
      figures.get(contestant.name)!.push(await drive(contestant, row.load, times))
    }
  }
  return { row, rounds: figures }
}
