'use client'
import { Pager } from './pager.tsx'
import { QueryError } from './query-error.tsx'
import { Table, type TableProps } from './table.tsx'

/** A page of rows as a query has it. */
interface PageQuery<Row> {
  readonly data: { readonly rows: readonly Row[]; readonly total: number } | undefined
  readonly error: unknown
  readonly isPlaceholderData: boolean
  readonly isFetching: boolean
  refetch(): unknown
}

/** What of a list's address is the same for every list. */
interface PagedAddress {
  readonly sort: string
  readonly desc: boolean
  /** From 1. */
  readonly page: number
}

type Own = 'rows' | 'sort' | 'onSort' | 'stale' | 'hold' | 'view' | 'footer'

/**
 * A table whose rows the server searches, sorts and pages: its error stands above it with another try, its pager below, old rows stay,
 * dimmed, until the new ones are there, and nothing moves under the pointer.
 */
export function PagedTable<Row>(
  props: Omit<TableProps<Row>, Own> & {
    list: PageQuery<Row>
    address: PagedAddress
    /** What the page was asked by. */
    input: { readonly pageSize: number }
    onSort(sort: string, desc: boolean): void
    onPage(page: number): void
  },
) {
  const { list, address, input, onSort, onPage, empty, ...table } = props
  const isFailed = list.error !== null
  return (
    <>
      {isFailed && <QueryError className="m-4" query={list} />}
      <Table<Row>
        {...table}
        className="flex-1"
        rows={list.data?.rows ?? (isFailed ? [] : undefined)}
        sort={{ by: address.sort, direction: address.desc ? 'desc' : 'asc' }}
        onSort={({ by, direction }) => onSort(by, direction === 'desc')}
        stale={list.isPlaceholderData}
        hold
        view={JSON.stringify(input)}
        empty={!isFailed && empty}
        footer={<Pager page={address.page} pageSize={input.pageSize} total={list.data?.total ?? 0} onPage={onPage} />}
      />
    </>
  )
}
