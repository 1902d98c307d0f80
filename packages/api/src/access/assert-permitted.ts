import type { Context } from '../context.ts'
import { refuse } from '../failure.ts'
import type { Permission } from './permissions.ts'
import { isPermitted } from './visitor.ts'

/** Refuses whoever asks without the permission on the cluster: UNAUTHORIZED who is not signed in, FORBIDDEN who is. `tried`: what. */
export function assertPermitted(ctx: Context, permission: Permission, clusterId: string | null, tried: string): void {
  if (isPermitted(ctx.visitor, permission, clusterId)) return
  if (ctx.visitor.kind === 'anonymous') {
    throw refuse('UNAUTHORIZED', 'Sign in first.', { tried, remedy: 'Sign in.' })
  }
  const text =
    clusterId === null
      ? `You lack the permission "${permission}".`
      : `You lack the permission "${permission}" on cluster "${clusterId}".`
  throw refuse('FORBIDDEN', text, {
    tried,
    remedy: 'Ask an administrator of the console for it.',
  })
}
