import type { ResendPlan } from '@odradek/client'
import { assertPermitted } from '../access/assert-permitted.ts'
import type { Context } from '../context.ts'

/**
 * Refuses whoever may not read payloads where letters only name their record: whoever wrote such a letter has chosen any record of any
 * topic, and it would be copied to where it can be read. This is the early word, by the plan of now; what is true when the job comes to
 * a letter is decided there, by the `mayCopy` that the job keeps.
 */
export function assertMayCopy(ctx: Context, cluster: string, sources: ResendPlan['sources']): void {
  if (sources.length > 0) assertPermitted(ctx, 'payloads', cluster, 'send dead letters again')
}
