import type { AppRouter } from '@odradek/api'
import type { inferRouterOutputs } from '@trpc/server'

type Outputs = inferRouterOutputs<AppRouter>['messages']

export type MessageRow = Outputs['sample']['rows'][number]
export type PayloadView = MessageRow['value']
export type ScanProgress = NonNullable<Outputs['sample']['progress']>
export type FoundMessage = Outputs['get']
export type FullMessage = NonNullable<FoundMessage['message']>
export type FullPayload = FullMessage['value']
export type SampledField = Outputs['fields']['fields'][number]

/** A message's place within its topic: `3@1842`. */
export function placeText({ partition, offset }: { readonly partition: number; readonly offset: number }): string {
  return `${partition}@${offset}`
}
