import type { AppRouter, LetterEvent } from '@odradek/api'
import type { inferRouterOutputs } from '@trpc/server'
import type { MessageRow } from '../messages/outputs.ts'

type Outputs = inferRouterOutputs<AppRouter>['deadLetters']

export type DeadLetterRow = Outputs['list']['rows'][number]
export type LetterTopic = Outputs['get']
type Found = Extract<LetterEvent, { kind: 'rows' }>['rows'][number]
export type LetterRow = MessageRow & Pick<Found, 'meaning' | 'state'>
export type LetterDetail = Outputs['letter']
export type LetterMeaning = Found['meaning']
export type LetterState = Found['state']
export type OriginalRecord = NonNullable<LetterDetail['original']>
export type ResendChoice = Outputs['targets']['choices'][number]
export type PurgePlan = Outputs['purgePlan']
