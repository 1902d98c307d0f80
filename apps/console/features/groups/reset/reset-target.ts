import { parseTime } from '../../../lib/times.ts'
import type { TargetKind } from './reset-query.ts'

export interface Asked {
  readonly to: TargetKind
  readonly at: string
  readonly offset: number | null
  readonly by: number | null
  readonly from: string
  readonly undo: string
}

/** The question as the API takes it, or null where it is not complete. `now` is what "2h ago" counts from. */
export function targetOf(asked: Asked, zone: string, now: number) {
  switch (asked.to) {
    case 'earliest':
      return { kind: 'earliest' as const }
    case 'latest':
      return { kind: 'latest' as const }
    case 'time': {
      const at = parseTime(asked.at, zone, now)
      return at === null || at < 0 ? null : { kind: 'time' as const, timestampMs: Math.floor(at) }
    }
    case 'offset':
      return asked.offset === null || asked.offset < 0 ? null : { kind: 'offset' as const, offset: asked.offset }
    case 'shift':
      return asked.by === null || asked.by === 0 ? null : { kind: 'shift' as const, by: asked.by }
    case 'group':
      return asked.from === '' ? null : { kind: 'group' as const, group: asked.from }
    case 'undo':
      return asked.undo === '' ? null : { kind: 'undo' as const, resetId: asked.undo }
    default:
      return asked.to satisfies never
  }
}
