export { type AppendResult, Log, type LogOptions } from './log.ts'
export type { LogRead } from './log-reader.ts'
