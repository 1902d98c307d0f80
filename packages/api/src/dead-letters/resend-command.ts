import type { ResendRequest } from '@odradek/client'
import { odradekCommand } from '../shell-word.ts'

/** `odradek dead-letters resend …` that does the same; null where its flags cannot say it. */
export function resendCommand(bootstrap: readonly string[], request: ResendRequest): string | null {
  const chosen = choiceWords(request.select)
  if (chosen === null) return null
  const { topic, target, again, recordsPerSecond, canary, stop } = request
  return odradekCommand(
    bootstrap,
    ...['dead-letters', 'resend', topic, ...chosen],
    ...['--target', target.kind === 'topic' ? `topic:${target.topic}` : target.kind],
    ...(again === true ? ['--again'] : []),
    ...(recordsPerSecond === undefined ? [] : ['--rate', String(Math.max(1, Math.round(recordsPerSecond)))]),
    ...(canary === undefined
      ? []
      : [
          ...['--canary', String(canary.records), '--canary-wait', String(Math.round(canary.waitMs / 1000))],
          ...['--canary-percent', String(canary.percentMax)],
        ]),
    ...(stop === undefined ? [] : ['--stop-percent', String(stop.percent), '--stop-after', String(stop.atLeast)]),
    '--apply',
  )
}

const PLACES_SHOWN_MAX = 50

function choiceWords(select: ResendRequest['select']): string[] | null {
  if (select.kind === 'failedOf') return null
  if (select.kind === 'places') {
    if (select.places.length > PLACES_SHOWN_MAX) return null
    return select.places.flatMap(({ partition, offset }) => ['--at', `${partition}@${offset}`])
  }
  const { where = {}, filter = {}, decoders } = select
  const named = (flag: string, values: readonly (string | number | null)[] = []) =>
    values.flatMap((value) => [flag, value === null ? null : String(value)])
  const words = [
    ...named('--error', where.errorClasses),
    ...named('--origin', where.originTopics),
    ...named('--attempts', where.attempts),
    ...named('--state', where.states),
    ...(where.fromMs === undefined ? [] : ['--from', new Date(where.fromMs).toISOString()]),
    ...(where.toMs === undefined ? [] : ['--to', new Date(where.toMs).toISOString()]),
    ...(filter.contains === undefined ? [] : ['--contains', filter.contains]),
    ...(filter.cel === undefined ? [] : ['--filter', filter.cel]),
  ]
  if (words.some((word) => word === null)) return null
  const reading = (['key', 'value'] as const).flatMap((part) => {
    const decoder = decoders?.[part] ?? 'auto'
    return decoder === 'auto' ? [] : [`--${part}-decoder`, decoder]
  })
  return [...(words.length === 0 ? ['--all'] : (words as string[])), ...reading]
}
