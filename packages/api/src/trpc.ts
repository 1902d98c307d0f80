/**
 * How every procedure begins: the permission of its row, read-only mode, the cluster it names; and how it ends: errors
 * mapped once, mutations audited.
 */
import { initTRPC } from '@trpc/server'
import { z } from 'zod'
import { assertPermitted } from './access/assert-permitted.ts'
import { procedurePermissions } from './access/permissions.ts'
import { auditedInput } from './audit/audit-entry.ts'
import type { ChangeNote, Context } from './context.ts'
import { asTrpcError, failureOf, messageOf, refuse } from './failure.ts'

const t = initTRPC.context<Context>().create({
  errorFormatter: ({ shape, error, path }) => {
    const { stack: _, ...data } = shape.data as typeof shape.data & { stack?: string }
    return { ...shape, message: messageOf(error), data: { ...data, failure: failureOf(error, path) } }
  },
  sse: { ping: { enabled: true, intervalMs: 15_000 }, client: { reconnectAfterInactivityMs: 40_000 } },
})

export const router = t.router
export const createCallerFactory = t.createCallerFactory

/** Refuses whoever lacks the permission of the procedure, then maps what it throws. */
const guard = t.middleware(async ({ ctx, path, type, getRawInput, next }) => {
  const permission = procedurePermissions[path]
  if (permission === undefined) throw new Error(`${path} has no row in the table of permissions`)
  if (type === 'mutation') ctx.assertSameOrigin()
  const clusterId = clusterOf(await getRawInput())
  assertPermitted(ctx, permission, clusterId, `run ${path}`)
  const isReading = type !== 'mutation' || permission === 'public'
  if (!isReading && ctx.console.isReadOnly(clusterId)) {
    throw refuse('FORBIDDEN', 'The console is in read-only mode.', {
      tried: `run ${path}`,
      remedy: 'Start the console without --read-only, or use another one.',
    })
  }
  const result = await next()
  if (result.ok && type === 'subscription') {
    // The context looks the visitor up each time: whoever lost the permission, or is gone, is told no more.
    const check = () => assertPermitted(ctx, permission, clusterId, `run ${path}`)
    return { ...result, data: whilePermitted(result.data as AsyncIterable<unknown>, check) }
  }
  if (result.ok) return result
  throw asTrpcError(
    result.error.cause && result.error.code === 'INTERNAL_SERVER_ERROR' ? result.error.cause : result.error,
  )
})

/** Any procedure. */
export const procedure = t.procedure.use(guard)

export const clusterInput = z.object({ cluster: z.string().min(1).max(100) })

/** A procedure of one cluster: `ctx.session` is it. Mutations are audited. */
export const clusterProcedure = procedure
  .input(clusterInput)
  .use(({ ctx, input, next }) => next({ ctx: { session: ctx.console.session(input.cluster) } }))
  .use(async ({ ctx, path, type, input, getRawInput, next }) => {
    if (type !== 'mutation') return next()
    const change: ChangeNote = {}
    const result = await next({
      ctx: { note: (noted: ChangeNote) => void Object.assign(change, noted) },
    })
    if (change.changesNothing === true) return result
    await ctx.console.audit(input.cluster).record({
      ...(change.id === undefined ? {} : { id: change.id }),
      atMs: Date.now(),
      who: ctx.visitor,
      action: path,
      resource: change.resource ?? null,
      input: auditedInput(path, await getRawInput()),
      before: change.before ?? null,
      after: change.after ?? null,
      error: result.ok ? null : result.error.message,
    })
    return result
  })

/** What a subscription yields, each only where `check` lets it; ends with what that throws. */
async function* whilePermitted<T>(events: AsyncIterable<T>, check: () => void): AsyncGenerator<T> {
  for await (const event of events) {
    check()
    yield event
  }
}

function clusterOf(input: unknown): string | null {
  const cluster = (input as { cluster?: unknown } | null | undefined)?.cluster
  return typeof cluster === 'string' ? cluster : null
}
