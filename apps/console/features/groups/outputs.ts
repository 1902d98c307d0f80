import type { AppRouter } from '@odradek/api'
import type { inferRouterOutputs } from '@trpc/server'

type Outputs = inferRouterOutputs<AppRouter>['groups']
export type GroupRow = Outputs['list']['rows'][number]
export type GroupDetail = Outputs['get']
export type GroupPartition = GroupDetail['partitions'][number]
export type GroupMember = GroupDetail['members'][number]
export type Diagnosis = Outputs['diagnose']
export type Cause = Diagnosis['causes'][number]
export type Remedy = Cause['remedies'][number]
export type ResetPlan = Outputs['resetPlan']
export type ResetRow = ResetPlan['rows'][number]
export type ResetOutcome = Outputs['resetApply']['results'][number]
export type PastResets = Outputs['resets']
