'use client'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslations } from 'next-intl'
import { parseAsStringLiteral, useQueryState } from 'nuqs'
import { type ConfigDocs, ConfigEditor } from '../../components/config/config-editor.tsx'
import { useForbidden } from '../../components/frame/shell.tsx'
import { QueryError } from '../../components/ui/query-error.tsx'
import { Select } from '../../components/ui/select.tsx'
import { odradekCommand } from '../../lib/shell-command.ts'
import { useTRPC } from '../../lib/trpc.tsx'

const scopes = ['this', 'all'] as const

/** A broker's configs, or those that hold for all brokers; those that can be changed while it runs are edited in place. */
export function BrokerConfiguration(props: { cluster: string; nodeId: number; docs: ConfigDocs | undefined }) {
  const { cluster, nodeId, docs } = props
  const t = useTranslations('brokers')
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const forbidden = useForbidden('administer', 'editConfigs')
  const [scope, setScope] = useQueryState('of', parseAsStringLiteral(scopes).withDefault('this'))
  const of = scope === 'all' ? null : nodeId
  const list = useQuery(trpc.brokers.configs.queryOptions({ cluster, nodeId: of }))
  const set = useMutation(
    trpc.brokers.setConfig.mutationOptions({
      onSuccess: () => queryClient.invalidateQueries(trpc.brokers.pathFilter()),
    }),
  )
  return (
    <>
      <div className="px-6 pt-3 max-sm:px-4">
        <Select
          label={t('scope.label')}
          value={scope}
          onChange={(next) => setScope(next)}
          options={scopes.map((value) => ({ value, label: t(`scope.${value}`, { id: String(nodeId) }) }))}
        />
      </div>
      <QueryError className="m-4" query={list} />
      <ConfigEditor
        docs={docs}
        label={t('tab.configuration')}
        entries={list.data ?? (list.error === null ? undefined : [])}
        forbidden={forbidden}
        onSet={(name, value) => set.mutateAsync({ cluster, nodeId: of, name, value })}
        onReset={(name) => set.mutateAsync({ cluster, nodeId: of, name, value: null })}
        commandOf={(bootstrap, name, value) =>
          odradekCommand(
            bootstrap,
            'brokers',
            'config',
            of === null ? 'all' : String(of),
            ...(value === null ? ['--reset', name] : ['--set', `${name}=${value}`]),
          )
        }
      />
    </>
  )
}
