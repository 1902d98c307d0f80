'use client'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useTranslations } from 'next-intl'
import { type ConfigDocs, ConfigEditor } from '../../../components/config/config-editor.tsx'
import { useForbidden } from '../../../components/frame/shell.tsx'
import { QueryError } from '../../../components/ui/query-error.tsx'
import { odradekCommand } from '../../../lib/shell-command.ts'
import { useTRPC } from '../../../lib/trpc.tsx'
import { useTopicsChanged } from '../dialogs/use-topics-changed.ts'

/** A topic's configs: what each means, where its value comes from, and changing or resetting it in place. */
export function TopicConfiguration(props: { cluster: string; topic: string; docs: ConfigDocs | undefined }) {
  const { cluster, topic, docs } = props
  const t = useTranslations('topics')
  const trpc = useTRPC()
  const changed = useTopicsChanged()
  const forbidden = useForbidden('administer', 'editConfigs')
  const list = useQuery(trpc.topics.configs.queryOptions({ cluster, topic }))
  const set = useMutation(trpc.topics.setConfig.mutationOptions({ onSuccess: changed }))
  const reset = useMutation(trpc.topics.resetConfig.mutationOptions({ onSuccess: changed }))
  return (
    <>
      <QueryError className="m-4" query={list} />
      <ConfigEditor
        docs={docs}
        label={t('tab.configuration')}
        entries={list.data ?? (list.error === null ? undefined : [])}
        forbidden={forbidden}
        onSet={(name, value) => set.mutateAsync({ cluster, topic, name, value })}
        onReset={(name) => reset.mutateAsync({ cluster, topic, name })}
        commandOf={(bootstrap, name, value) =>
          odradekCommand(
            bootstrap,
            'topics',
            'config',
            topic,
            ...(value === null ? ['--reset', name] : ['--set', `${name}=${value}`]),
          )
        }
      />
    </>
  )
}
