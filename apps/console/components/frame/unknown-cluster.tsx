import { Unplug } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { href } from '../../lib/href.ts'
import { ButtonLink } from '../ui/button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'

/** An address of a cluster that this console does not serve. */
export function UnknownCluster(props: {
  id: string
  clusters: readonly { readonly id: string; readonly name: string }[]
}) {
  const t = useTranslations('frame')
  return (
    <main className="flex h-dvh items-center">
      <EmptyState
        icon={Unplug}
        title={t('unknownCluster', { name: props.id })}
        action={props.clusters.map(({ id, name }) => (
          <ButtonLink key={id} href={href.overview(id)}>
            {name}
          </ButtonLink>
        ))}
      >
        {t('unknownClusterAbout', { names: props.clusters.map(({ name }) => name).join(', ') })}
      </EmptyState>
    </main>
  )
}
