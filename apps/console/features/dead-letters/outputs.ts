import type { AppRouter, LetterRow as FoundLetter } from '@odradek/api'
import type { inferRouterOutputs } from '@trpc/server'
import type { MessageRow } from '../messages/outputs.ts'

type Outputs = inferRouterOutputs<AppRouter>['deadLetters']

export type DeadLetterRow = Outputs['list']['rows'][number]
export type LetterTopic = Outputs['get']
export type LetterRow = MessageRow & Pick<FoundLetter, 'meaning' | 'state'>
export type LetterDetail = Outputs['letter']
export type LetterMeaning = FoundLetter['meaning']
export type LetterState = FoundLetter['state']
export type OriginalRecord = NonNullable<LetterDetail['original']>
export type ResendChoice = Outputs['targets']['choices'][number]
export type PurgePlan = Outputs['purgePlan']
