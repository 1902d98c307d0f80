export type { CleanedDirectory, CleanedDisk, CleanedPartition } from './cleaned-disk.ts'
export { Cleanup, type CleanupOptions } from './cleanup.ts'
export { Compaction, type CompactionOptions } from './compaction.ts'
