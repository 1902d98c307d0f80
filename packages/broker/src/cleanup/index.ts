export { Compaction, type CompactionOptions } from './compaction.ts'
export { expiredSegments, Retention } from './retention.ts'
