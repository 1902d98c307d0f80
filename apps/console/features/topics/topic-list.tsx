'use client'
import { Plus, Rows3 } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { parseAsBoolean, useQueryState, useQueryStates } from 'nuqs'
import { useCallback, useState } from 'react'
import { PageBody } from '../../components/frame/page.tsx'
import { useForbidden } from '../../components/frame/shell.tsx'
import { TitleRow } from '../../components/frame/title-row.tsx'
import { Button } from '../../components/ui/button.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { Checkbox } from '../../components/ui/field.tsx'
import { FilterInput } from '../../components/ui/filter-input.tsx'
import { ListTools } from '../../components/ui/list-tools.tsx'
import { PagedTable } from '../../components/ui/paged-table.tsx'
import { useColumns } from '../../components/ui/use-columns.ts'
import { exactNumber } from '../../lib/numbers.ts'
import { CreateTopic } from './dialogs/create-topic.tsx'
import { DeleteTopics } from './dialogs/delete-topics.tsx'
import { slowColumns, useTopicColumns } from './topic-columns.tsx'
import { topicListInput, topicQueryInput, topicQueryParsers } from './topic-query.ts'
import { useTopicPage } from './use-topic-page.ts'

/** All topics: searched, sorted and paged by the server, so that ten thousand are no more than fifty. */
export function TopicList({ cluster }: { cluster: string }) {
  const t = useTranslations('topics')
  const [query, setQuery] = useQueryStates(topicQueryParsers)
  const [creating, setCreating] = useQueryState('create', parseAsBoolean.withDefault(false))
  const [selection, setSelection] = useState<ReadonlySet<string>>(new Set())
  const [deleting, setDeleting] = useState(false)
  const { hidden, toggle } = useColumns('topics', slowColumns)
  const forbidden = useForbidden('operate', 'createTopics')
  const mayDelete = useForbidden('administer', 'deleteTopics')
  const wantsSlow = slowColumns.some((id) => !hidden.has(id))
  const input = topicQueryInput(cluster, query)
  const { list, slow } = useTopicPage(input, wantsSlow)
  const { data } = list
  const columns = useTopicColumns(cluster, (topic) => slow.data?.find(({ name }) => name === topic))
  const search = useCallback((q: string) => void setQuery({ q, page: 1 }), [setQuery])
  return (
    <>
      {creating && <CreateTopic cluster={cluster} onClose={() => setCreating(null)} />}
      {deleting && (
        <DeleteTopics
          cluster={cluster}
          topics={[...selection]}
          onClose={() => {
            setDeleting(false)
            setSelection(new Set())
          }}
        />
      )}
      <TitleRow
        title={selection.size === 0 ? t('title') : t('selected', { count: selection.size })}
        badges={
          data !== undefined && (
            <span className="text-meta text-muted">
              {selection.size === 0
                ? t('counts', { topics: data.counts.topics, internal: data.counts.internal })
                : t('ofMatching', { total: exactNumber(data.total) })}
            </span>
          )
        }
        actions={
          selection.size > 0 ? (
            <>
              <Button onClick={() => setSelection(new Set())}>{t('unselect')}</Button>
              <Button kind="wrong" disabledReason={mayDelete} onClick={() => setDeleting(true)}>
                {t('delete.act', { count: selection.size })}
              </Button>
            </>
          ) : (
            <Button kind="primary" onClick={() => setCreating(true)} disabledReason={forbidden}>
              <Plus size={16} strokeWidth={1.75} aria-hidden />
              {t('create')}
            </Button>
          )
        }
      />
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b px-6 pb-3 max-sm:px-4">
        <FilterInput label={t('filter')} value={query.q} onChange={search} className="w-72 max-sm:w-full" />
        <Checkbox checked={query.internal} onChange={(internal) => setQuery({ internal, page: 1 })}>
          {t('internal')}
        </Checkbox>
        <Checkbox checked={query.unhealthy} onChange={(unhealthy) => setQuery({ unhealthy, page: 1 })}>
          {t('unhealthy')}
        </Checkbox>
        <ListTools
          columns={columns.slice(1)}
          hidden={hidden}
          toggle={toggle}
          csv="/api/topics.csv"
          input={topicListInput(cluster, query)}
        />
      </div>
      <PageBody>
        <PagedTable
          label={t('title')}
          columns={columns.filter(({ id }) => !hidden.has(id))}
          list={list}
          address={query}
          input={input}
          rowKey={(row) => row.name}
          onSort={(by, desc) => setQuery({ sort: topicQueryParsers.sort.parse(by), desc, page: 1 })}
          onPage={(page) => setQuery({ page }, { history: 'push' })}
          selection={selection}
          onSelection={setSelection}
          empty={<Nothing query={query} clear={() => setQuery({ q: '', unhealthy: false, page: 1 })} />}
        />
      </PageBody>
    </>
  )
}

function Nothing({ query, clear }: { query: { q: string; internal: boolean; unhealthy: boolean }; clear(): void }) {
  const t = useTranslations('topics')
  const frame = useTranslations('frame')
  const clearButton = <Button onClick={clear}>{frame('table.clear')}</Button>
  if (query.q !== '') {
    return (
      <EmptyState title={t('empty.noMatch', { search: query.q })} action={clearButton}>
        {t('empty.noMatchAbout', { internal: String(query.internal) })}
      </EmptyState>
    )
  }
  if (query.unhealthy) {
    return (
      <EmptyState title={t('empty.healthy')} action={clearButton}>
        {t('empty.healthyAbout')}
      </EmptyState>
    )
  }
  return (
    <EmptyState icon={Rows3} title={t('empty.title')}>
      {t('empty.about')}
    </EmptyState>
  )
}
