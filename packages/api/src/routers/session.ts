/** Who is signed in. */
import { z } from 'zod'
import { procedure, router } from '../trpc.ts'

export const session = router({
  me: procedure.input(z.void()).query(({ ctx }) => ({
    name: ctx.visitor.name,
    kind: ctx.visitor.kind,
    isReadOnly: ctx.console.isReadOnly(null),
  })),
})
