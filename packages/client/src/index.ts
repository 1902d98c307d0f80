/** What operators and programs do with a cluster, over the Kafka protocol: any Kafka cluster. */

export { type ClusterEventKind, clusterEventKinds } from '@odradek/protocol'
export * from './admin/admin-address.ts'
export * from './admin/admin-listeners.ts'
export * from './admin/ask-admin.ts'
export * from './admin/broker-vitals.ts'
export * from './bounded.ts'
export * from './brokers/cluster-history.ts'
export * from './brokers/cluster-standing.ts'
export * from './brokers/eligible-leaders.ts'
export * from './brokers/reassignment-plan.ts'
export * from './brokers/reassignment-throttle.ts'
export * from './brokers/reassignments.ts'
export * from './brokers/unregister-broker.ts'
export * from './cluster.ts'
export * from './cluster-errors.ts'
export * from './cluster-features.ts'
export * from './cluster-metadata.ts'
export * from './configs/alter-configs.ts'
export * from './configs/config-entry.ts'
export * from './configs/describe-configs.ts'
export * from './dead-letters/dead-letter.ts'
export * from './dead-letters/dead-letter-summary.ts'
export * from './dead-letters/dead-letter-topics.ts'
export * from './dead-letters/jobs/create-resend-job.ts'
export { JOBS_TOPIC } from './dead-letters/jobs/jobs-log.ts'
export type { JobControl } from './dead-letters/jobs/jobs-record.ts'
export { type LetterReason, type LetterReasonCode, readLetterReason } from './dead-letters/jobs/letter-reasons.ts'
export {
  type ResendJob,
  type ResendJobState,
  type ResendOutcome,
  type ResendResult,
  resendJob,
  resendJobs,
  resendResults,
} from './dead-letters/jobs/resend-job.ts'
export { placeText } from './dead-letters/jobs/resend-record.ts'
export * from './dead-letters/jobs/resend-request.ts'
export * from './dead-letters/jobs/run-resend-job.ts'
export {
  planResend,
  type ResendPlan,
  type ResendPlanReason,
  type ResendPlanRow,
} from './dead-letters/jobs/select-letters.ts'
export type { LetterError } from './dead-letters/letter-error.ts'
export * from './dead-letters/letter-facets.ts'
export { type LetterConvention, letterConventions, redriveHeaders } from './dead-letters/letter-headers.ts'
export type { DeadLetterAttempt, LetterMeaning, LetterOrigin, LetterRedrive } from './dead-letters/letter-meaning.ts'
export { type LetterState, type LetterStateKind, type LetterWhere, letterStates } from './dead-letters/letter-where.ts'
export { withOriginal } from './dead-letters/original-records.ts'
export * from './dead-letters/purge-letters.ts'
export * from './dead-letters/resolve-letters.ts'
export {
  type LetterRow,
  type LetterScanRequest,
  type LetterScanSink,
  scanLetters,
} from './dead-letters/scan-letters.ts'
export * from './delayed/delayed-record.ts'
export * from './delayed/delayed-records.ts'
export * from './delayed/delayed-timeline.ts'
export * from './delayed/reschedule-delayed.ts'
export * from './groups/apply-reset.ts'
export * from './groups/committed-offsets.ts'
export * from './groups/coordinator.ts'
export * from './groups/delete-groups.ts'
export * from './groups/fence-members.ts'
export * from './groups/group-description.ts'
export * from './groups/group-lag.ts'
export * from './groups/group-list.ts'
export * from './groups/group-now.ts'
export * from './groups/records-at.ts'
export * from './groups/reset-plan.ts'
export * from './groups/reset-target.ts'
export * from './life/life-event.ts'
export { EFFORT_MAX, type LifeAnswer, type LifeOptions, messageLife } from './life/message-life.ts'
export * from './log-sizes.ts'
export * from './messages/index.ts'
export * from './partition-offsets.ts'
export * from './sentence-reader.ts'
export * from './storage/broker-storage.ts'
export * from './topics/add-partitions.ts'
export * from './topics/create-topic.ts'
export * from './topics/delete-records.ts'
export * from './topics/delete-records-plan.ts'
export * from './topics/delete-topics.ts'
export * from './topics/keyed-log.ts'
export * from './topics/last-records.ts'
export * from './topics/partition-producers.ts'
