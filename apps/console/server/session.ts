import type { AppRouter } from '@odradek/api'
import type { inferRouterOutputs } from '@trpc/server'
import { redirect } from 'next/navigation'
import { cache } from 'react'
import { href } from '../lib/href.ts'
import { serverTrpc } from './trpc.ts'

type Outputs = inferRouterOutputs<AppRouter>

/** Who asks and which clusters there are for them; whoever has to sign in is sent to do so, and back to `here` after it. */
export const session = cache(
  async (here: string): Promise<{ me: Outputs['session']['me']; clusters: Outputs['clusters']['list'] }> => {
    const { queryClient, trpc } = await serverTrpc()
    const me = await queryClient.fetchQuery(trpc.session.me.queryOptions())
    if (me.kind === 'anonymous') redirect(href.login(here))
    const clusters = await queryClient.fetchQuery(trpc.clusters.list.queryOptions())
    return { me, clusters }
  },
)
