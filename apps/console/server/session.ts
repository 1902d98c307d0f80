import type { AppRouter } from '@odradek/api'
import type { inferRouterOutputs } from '@trpc/server'
import { headers } from 'next/headers'
import { redirect } from 'next/navigation'
import { cache } from 'react'
import { href } from '../lib/href.ts'
import { ADDRESS_HEADER } from './page-address.ts'
import { serverTrpc } from './trpc.ts'

type Outputs = inferRouterOutputs<AppRouter>

/**
 * Who asks and which clusters there are for them; whoever has to sign in is sent to do so, and back to the page they wanted (or
 * `here`) after it.
 */
export const session = cache(
  async (here: string): Promise<{ me: Outputs['session']['me']; clusters: Outputs['clusters']['list'] }> => {
    const { queryClient, trpc } = await serverTrpc()
    const me = await queryClient.fetchQuery(trpc.session.me.queryOptions())
    if (me.kind === 'anonymous') redirect(href.login((await headers()).get(ADDRESS_HEADER) ?? here))
    const clusters = await queryClient.fetchQuery(trpc.clusters.list.queryOptions())
    return { me, clusters }
  },
)
