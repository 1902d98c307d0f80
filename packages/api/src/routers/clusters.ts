/** The clusters of the console. */

import { clusterFeatures } from '@odradek/client'
import { z } from 'zod'
import { grantOn, mayEdit } from '../access/visitor.ts'
import { clusterProcedure, procedure, router } from '../trpc.ts'

export const clusters = router({
  /** Those that the visitor may see. Answers at once, whether they are up or not. */
  list: procedure.input(z.void()).query(({ ctx }) =>
    ctx.console.sessions.flatMap(({ id, settings }) => {
      const grant = grantOn(ctx.visitor, id)
      if (!grant) return []
      return [
        {
          id,
          name: settings.name ?? id,
          environment: settings.environment ?? null,
          bootstrap: settings.bootstrap,
          isReadOnly: ctx.console.isReadOnly(id),
          role: grant.role,
          payloads: grant.payloads,
          edit: mayEdit(grant),
        },
      ]
    }),
  ),
  /** What the cluster can do, and the reason where it cannot. */
  features: clusterProcedure.query(({ ctx }) => clusterFeatures(ctx.session.cluster)),
})
