/**
 * The console's tRPC routers, usable by scripts too.
 *
 *     await using console = new Console({ clusters: [{ id: 'local', bootstrap: ['127.0.0.1:9092'] }] })
 *     const caller = createCaller(await createContext(console, { header: () => null, remoteAddress: '127.0.0.1' }))
 *     const { rows } = await caller.topics.list({ cluster: 'local' })
 */

export type { Feature, FeatureName, LetterFacets, LetterRow } from '@odradek/client'
export type { AccessOptions } from './access/access.ts'
export { PASSWORD_LENGTH_MIN } from './access/password.ts'
export * from './access/permissions.ts'
export { defaultUserFilePath, UserFile, UserFileError } from './access/user-file.ts'
export * from './access/visitor.ts'
export { type AppRouter, appRouter } from './app-router.ts'
export * from './broker-listing.ts'
export { ClusterSession, type ClusterSettings } from './cluster-session.ts'
export { Console, type ConsoleOptions } from './console.ts'
export { clusterSettings, consoleSettings } from './console-settings.ts'
export type { Context } from './context.ts'
export { createCaller } from './create-caller.ts'
export * from './create-context.ts'
export type { DeadLetterRow } from './dead-letters/dead-letter-listing.ts'
export { exportMessages, type MessageExport } from './export-messages.ts'
export { type Failure, failureOf } from './failure.ts'
export * from './group-detail.ts'
export * from './group-listing.ts'
export { handleExport } from './http/export.ts'
export { handleJobResults } from './http/job-results.ts'
export { handleLists } from './http/lists.ts'
export { handleSignIn } from './http/sign-in.ts'
export type { MessageDelivery } from './message-delivery.ts'
export { EXPORT_ROWS_MAX } from './message-search.ts'
export * from './overview.ts'
export type { ScanTelling } from './resumable-scan.ts'
export * from './topic-detail.ts'
export * from './topic-health.ts'
export * from './topic-listing.ts'
export { clusterProcedure, procedure, router } from './trpc.ts'
