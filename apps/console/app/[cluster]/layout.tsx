import type { ReactNode } from 'react'
import { Shell } from '../../components/frame/shell.tsx'
import { UnknownCluster } from '../../components/frame/unknown-cluster.tsx'
import { href, nameOf } from '../../lib/href.ts'
import { preferences } from '../../server/preferences.ts'
import { session } from '../../server/session.ts'

export default async function ClusterLayout(props: { children: ReactNode; params: Promise<{ cluster: string }> }) {
  const cluster = nameOf((await props.params).cluster)
  const { me, clusters } = await session(href.overview(cluster))
  if (!clusters.some(({ id }) => id === cluster)) return <UnknownCluster id={cluster} clusters={clusters} />
  return (
    <Shell cluster={cluster} clusters={clusters} me={me} preferences={await preferences()}>
      {props.children}
    </Shell>
  )
}
