'use client'
import { Users } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useQueryStates } from 'nuqs'
import { useCallback } from 'react'
import { PageBody } from '../../components/frame/page.tsx'
import { TitleRow } from '../../components/frame/title-row.tsx'
import { Button } from '../../components/ui/button.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { Checkbox } from '../../components/ui/field.tsx'
import { FilterInput } from '../../components/ui/filter-input.tsx'
import { ListTools } from '../../components/ui/list-tools.tsx'
import { PagedTable } from '../../components/ui/paged-table.tsx'
import { useColumns } from '../../components/ui/use-columns.ts'
import { useGroupColumns } from './group-columns.tsx'
import { groupListInput, groupQueryInput, groupQueryParsers } from './group-query.ts'
import { useGroupPage } from './use-group-page.ts'

/** All groups: searched, sorted and paged by the server. */
export function GroupList({ cluster }: { cluster: string }) {
  const t = useTranslations('groups')
  const frame = useTranslations('frame')
  const [query, setQuery] = useQueryStates(groupQueryParsers)
  const columns = useGroupColumns(cluster)
  const { hidden, toggle } = useColumns('groups')
  const input = groupQueryInput(cluster, query)
  const list = useGroupPage(input)
  const { data } = list
  const search = useCallback((q: string) => void setQuery({ q, page: 1 }), [setQuery])
  const searchMember = useCallback((member: string) => void setQuery({ member, page: 1 }), [setQuery])
  const states = Object.entries(data?.states ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  const isFiltered = query.q !== '' || query.member !== '' || query.state.length > 0 || query.lagging
  return (
    <>
      <TitleRow
        title={t('title')}
        badges={
          data !== undefined && (
            <span className="text-meta text-muted">
              {t('count', { count: states.reduce((sum, [, count]) => sum + count, 0) })}
            </span>
          )
        }
      />
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b px-6 pb-3 max-sm:px-4">
        <FilterInput label={t('filter')} value={query.q} onChange={search} className="w-56 max-sm:w-full" />
        <FilterInput
          label={t('filterMember')}
          value={query.member}
          onChange={searchMember}
          className="w-56 max-sm:w-full"
        />
        <Checkbox checked={query.lagging} onChange={(lagging) => setQuery({ lagging, page: 1 })}>
          {t('lagging')}
        </Checkbox>
        {states.map(([state, count]) => (
          <Checkbox
            key={state}
            checked={query.state.includes(state)}
            onChange={(on) =>
              setQuery({ state: on ? [...query.state, state] : query.state.filter((one) => one !== state), page: 1 })
            }
          >
            {state} <span className="text-muted">{count}</span>
          </Checkbox>
        ))}
        <ListTools
          columns={columns.slice(1)}
          hidden={hidden}
          toggle={toggle}
          csv="/api/groups.csv"
          input={groupListInput(cluster, query)}
        />
      </div>
      <PageBody>
        {data !== undefined && data.missing.length > 0 && (
          <p role="status" className="mx-6 my-3 text-attention max-sm:mx-4">
            {t('missingBrokers', {
              brokers: data.missing.map(({ nodeId, reason }) => `${nodeId} (${reason})`).join(', '),
            })}
          </p>
        )}
        <PagedTable
          label={t('title')}
          columns={columns.filter(({ id }) => !hidden.has(id))}
          list={list}
          address={query}
          input={input}
          rowKey={(row) => row.id}
          onSort={(by, desc) => setQuery({ sort: groupQueryParsers.sort.parse(by), desc, page: 1 })}
          onPage={(page) => setQuery({ page }, { history: 'push' })}
          empty={
            isFiltered ? (
              <EmptyState
                title={t('empty.noMatch')}
                action={
                  <Button onClick={() => setQuery({ q: '', member: '', state: [], lagging: false, page: 1 })}>
                    {frame('table.clear')}
                  </Button>
                }
              />
            ) : (
              <EmptyState icon={Users} title={t('empty.title')}>
                {t('empty.about')}
              </EmptyState>
            )
          }
        />
      </PageBody>
    </>
  )
}
