/** Who is signed in, and how one signs in and out. */
import { z } from 'zod'
import { endedSessionCookie, sessionCookie } from '../access/session-cookie.ts'
import { procedure, router } from '../trpc.ts'

export const session = router({
  me: procedure.input(z.void()).query(({ ctx }) => ({
    name: ctx.visitor.name,
    /** open: there are no users; anonymous: one has to sign in. */
    kind: ctx.visitor.kind,
    isReadOnly: ctx.console.isReadOnly(null),
    grants: ctx.visitor.grants,
  })),

  providers: procedure.input(z.void()).query(({ ctx }) => {
    const { isOpen, hasLocalUsers, oidc } = ctx.console.access
    return { isOpen, local: hasLocalUsers, oidc: oidc ? { name: oidc.settings.name, path: '/api/auth/oidc' } : null }
  }),

  login: procedure
    .input(z.object({ name: z.string().min(1).max(200), password: z.string().min(1).max(1024) }))
    .mutation(async ({ ctx, input }) => {
      const { access } = ctx.console
      const token = await access.login(input.name, input.password, ctx.remoteAddress)
      if (ctx.token !== null) access.sessions.close(ctx.token)
      ctx.setCookie(sessionCookie(token, access.isSecure))
      return { name: input.name }
    }),

  logout: procedure.input(z.void()).mutation(({ ctx }) => {
    const { access } = ctx.console
    if (ctx.token !== null) access.sessions.close(ctx.token)
    ctx.setCookie(endedSessionCookie(access.isSecure))
    return null
  }),
})
