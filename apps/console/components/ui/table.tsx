'use client'
import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowDown, ArrowUp } from 'lucide-react'
import { useTranslations } from 'next-intl'
import {
  type KeyboardEvent,
  type MouseEvent,
  memo,
  type ReactNode,
  type RefObject,
  useDeferredValue,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from 'react'
import { cn } from '../../lib/cn.ts'
import { Checkbox } from './field.tsx'
import { Skeleton } from './skeleton.tsx'
import { useHeldRows } from './use-held-rows.ts'
import { useOpenInView } from './use-open-in-view.ts'

export interface Column<Row> {
  readonly id: string
  readonly header: ReactNode
  cell(row: Row): ReactNode
  /** Numbers stand right. */
  readonly align?: 'right'
  /** A CSS width; without one the column takes what it needs. */
  readonly width?: string
  /** Takes the room that the others leave, and is cut to it. */
  readonly grow?: boolean
  /** At most a share of a narrow table, so that what stands right of it is seen. */
  readonly bounded?: boolean
  readonly sortable?: boolean
  /** Below 640 px a row has two lines: the first column, then the others with their names; `hidden` ones are left out. */
  readonly narrow?: 'hidden'
}

export interface Sort {
  readonly by: string
  readonly direction: 'asc' | 'desc'
}

export interface TableProps<Row> {
  /** What the table holds, for screen readers. */
  label: string
  columns: readonly Column<Row>[]
  /** Undefined while the first load runs. */
  rows: readonly Row[] | undefined
  rowKey(row: Row): string
  /** What a click on the row, or Enter, does; links inside cells do their own. */
  onOpen?(row: Row): void
  /** The row whose panel is open. */
  openKey?: string | null
  sort?: Sort
  onSort?(sort: Sort): void
  selection?: ReadonlySet<string>
  onSelection?(keys: ReadonlySet<string>): void
  /** Names a row where only its box is to be seen. */
  rowLabel?(row: Row): string
  /** Small buttons at the right end, on hover and focus. */
  rowActions?(row: Row): ReactNode
  /** Old rows stay, dimmed, while new ones come. */
  stale?: boolean
  /** Stands in place of the rows where there are none. */
  empty?: ReactNode
  /** Under the last row: paging, "continue". */
  footer?: ReactNode
  /** Rows of a live list: while the pointer is over the table they keep their order. */
  hold?: boolean
  /** What the rows were asked by: page and filter. Where it changes, the hand has asked for other rows. */
  view?: string
  className?: string
}

const ROW_PX = 32
const ROW_NARROW_PX = 58
const VIRTUAL_FROM = 100
/** As many rows are drawn before the page knows how high it is: those that the server sends. */
const FIRST_VIEW = { width: 0, height: 960 }

/**
 * The one table of the console: 32 px rows, a sticky head, its own scroll, sorting, selection, J and K. Above a hundred rows only those in
 * view are in the page.
 */
export function Table<Row>(props: TableProps<Row>) {
  const { label, columns, rows, rowKey, stale = false, empty, footer, className } = props
  const t = useTranslations('frame')
  const frame = useRef<HTMLDivElement>(null)
  const [hovered, setHovered] = useState(false)
  const held = useHeldRows(
    rows,
    rowKey,
    (props.hold ?? false) && hovered && !stale,
    `${props.view ?? ''} ${props.sort?.by} ${props.sort?.direction}`,
  )
  const shown = held.rows
  const narrow = useNarrow()
  const virtual = shown !== undefined && shown.length > VIRTUAL_FROM
  const virtualizer = useVirtualizer({
    count: virtual ? shown.length : 0,
    getScrollElement: () => frame.current,
    estimateSize: () => (narrow ? ROW_NARROW_PX : ROW_PX),
    overscan: 12,
    initialRect: FIRST_VIEW,
    // The head stands above the rows and over them.
    scrollPaddingEnd: ROW_PX,
  })
  useEffect(() => {
    if (narrow !== undefined) virtualizer.measure()
  }, [narrow, virtualizer])
  useOpenInView(frame, shown, rowKey, props.openKey ?? null, virtual ? virtualizer : null)
  const items = virtualizer.getVirtualItems()
  const before = virtual ? (items[0]?.start ?? 0) : 0
  const after = virtual ? virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0) : 0
  const visible = shown === undefined ? [] : virtual ? items.map(({ index }) => index) : shown.map((_, index) => index)
  const width = columns.length + (props.selection === undefined ? 0 : 1) + (props.rowActions === undefined ? 0 : 1)
  // A click is answered at once: rows that are the same are left alone, and cells are drawn anew right after.
  const cells = useDeferredValue(columns)
  const rowActions = useDeferredValue(props.rowActions)
  const latest = useRef(props)
  useLayoutEffect(() => {
    latest.current = props
  })
  const allChosen = shown !== undefined && shown.length > 0 && shown.every((row) => props.selection?.has(rowKey(row)))
  return (
    <div className={cn('relative flex min-h-0 flex-col', className)}>
      {held.waiting > 0 && (
        <button
          type="button"
          onClick={held.release}
          className="absolute top-9 left-1/2 z-10 -translate-x-1/2 rounded-full border bg-panel px-3 text-meta shadow-float"
        >
          {t('table.held', { count: held.waiting })}
        </button>
      )}
      <section
        ref={frame}
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable without a mouse.
        tabIndex={0}
        onPointerEnter={() => setHovered(true)}
        onPointerLeave={() => setHovered(false)}
        onKeyDown={(event) => walk(event, frame.current)}
        data-table
        className="@container min-h-0 flex-1 overflow-auto -outline-offset-2"
      >
        <table
          aria-label={label}
          aria-rowcount={virtual ? shown.length + 1 : undefined}
          className="w-full border-separate border-spacing-0 max-sm:block"
        >
          <thead className="max-sm:hidden">
            <tr>
              {props.selection !== undefined && (
                <th scope="col" className={cn(headClass, 'w-10 pr-0 pl-6')}>
                  <Checkbox
                    label={t('table.selectAll')}
                    checked={allChosen}
                    onChange={(on) => props.onSelection?.(new Set(on ? shown?.map(rowKey) : []))}
                  />
                </th>
              )}
              {cells.map((column, n) => (
                <HeadCell key={column.id} column={column} first={n === 0 && props.selection === undefined} {...props} />
              ))}
              {props.rowActions !== undefined && (
                <th scope="col" className={headClass}>
                  <span className="sr-only">{t('table.actions')}</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody className={cn('max-sm:block', stale && 'opacity-60')}>
            {shown === undefined && <SkeletonRows columns={width} />}
            {before > 0 && (
              <tr aria-hidden>
                <td colSpan={width} style={{ height: before }} />
              </tr>
            )}
            {visible.map((index) => {
              const row = shown?.[index]
              if (row === undefined) return null
              const key = rowKey(row)
              return (
                <BodyRow
                  key={key}
                  rowId={key}
                  row={row}
                  ariaIndex={virtual ? index + 2 : undefined}
                  columns={cells}
                  rowActions={rowActions}
                  opens={props.onOpen !== undefined}
                  chosen={props.selection?.has(key)}
                  isOpen={props.openKey === key}
                  table={latest}
                />
              )
            })}
            {after > 0 && (
              <tr aria-hidden>
                <td colSpan={width} style={{ height: after }} />
              </tr>
            )}
          </tbody>
        </table>
        {shown?.length === 0 && empty}
      </section>
      {footer}
    </div>
  )
}

const headClass =
  'sticky top-0 z-[1] h-8 whitespace-nowrap border-b bg-page px-3 text-left font-regular text-meta text-muted last:pr-6'

function HeadCell<Row>({ column, first, sort, onSort }: TableProps<Row> & { column: Column<Row>; first: boolean }) {
  const sorted = sort?.by === column.id ? sort.direction : undefined
  const Arrow = sorted === 'desc' ? ArrowDown : ArrowUp
  return (
    <th
      scope="col"
      aria-sort={sorted === undefined ? undefined : sorted === 'asc' ? 'ascending' : 'descending'}
      style={{ width: column.width }}
      className={cn(headClass, first && 'pl-6', column.align === 'right' && 'text-right')}
    >
      {column.sortable && onSort !== undefined ? (
        <button
          type="button"
          onClick={() =>
            onSort({
              by: column.id,
              direction:
                sorted === undefined ? (column.align === 'right' ? 'desc' : 'asc') : sorted === 'asc' ? 'desc' : 'asc',
            })
          }
          className="inline-flex items-center gap-1 hover:text-text"
        >
          {column.header}
          {sorted !== undefined && <Arrow size={12} strokeWidth={1.75} aria-hidden />}
        </button>
      ) : (
        column.header
      )}
    </th>
  )
}

interface BodyRowProps<Row> {
  rowId: string
  row: Row
  ariaIndex: number | undefined
  columns: readonly Column<Row>[]
  rowActions: ((row: Row) => ReactNode) | undefined
  opens: boolean
  /** Undefined where rows are not chosen. */
  chosen: boolean | undefined
  isOpen: boolean
  /** The table's props as they are when something is pressed. */
  table: RefObject<TableProps<Row>>
}

function PlainBodyRow<Row>(props: BodyRowProps<Row>) {
  const { rowId, row, columns, rowActions, chosen, table } = props
  const t = useTranslations('frame')
  const open = (event: MouseEvent) => {
    const inner = event.target instanceof Element && event.target.closest('a, button, input, label') !== null
    if (!inner && window.getSelection()?.isCollapsed !== false) table.current.onOpen?.(row)
  }
  const toggle = (on: boolean) => {
    const next = new Set(table.current.selection)
    if (on) next.add(rowId)
    else next.delete(rowId)
    table.current.onSelection?.(next)
  }
  return (
    <tr
      data-row
      tabIndex={-1}
      aria-rowindex={props.ariaIndex}
      aria-selected={chosen}
      aria-current={props.isOpen || undefined}
      onClick={props.opens ? open : undefined}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' || event.target !== event.currentTarget) return
        const link = event.currentTarget.querySelector('a')
        const { onOpen } = table.current
        if (onOpen !== undefined) onOpen(row)
        else link?.click()
      }}
      className={cn(
        'group scroll-mt-8 -outline-offset-2 hover:bg-hover max-sm:relative max-sm:scroll-mt-0 max-sm:flex max-sm:flex-wrap max-sm:items-center max-sm:gap-x-3 max-sm:border-b max-sm:px-4 max-sm:py-2',
        (chosen || props.isOpen) && 'bg-accent-soft',
      )}
    >
      {chosen !== undefined && (
        <td className={cn(cellClass, 'w-10 pr-0 pl-6 max-sm:w-6 max-sm:pl-0')}>
          <Checkbox
            label={t('table.select', { name: table.current.rowLabel?.(row) ?? rowId })}
            checked={chosen}
            onChange={toggle}
          />
        </td>
      )}
      {columns.map((column, n) => (
        <td
          key={column.id}
          className={cn(
            cellClass,
            column.align === 'right' && 'text-right max-sm:text-left',
            column.grow
              ? 'w-full min-w-[16ch] max-w-0 max-sm:w-auto'
              : column.bounded
                ? 'max-w-[min(44ch,24cqi)]'
                : 'max-w-[44ch]',
            n === 0 && chosen === undefined && 'pl-6 max-sm:pl-0',
            n === 0 && (chosen === undefined ? 'max-sm:w-full' : 'max-sm:w-[calc(100%-40px)]'),
            column.narrow === 'hidden' ? 'max-sm:hidden' : 'max-sm:flex max-sm:has-[>span:last-child:empty]:hidden',
          )}
        >
          {n > 0 && <span className="mr-1 hidden shrink-0 text-meta text-muted max-sm:inline">{column.header}</span>}
          <span className="min-w-0 max-sm:truncate sm:contents">{column.cell(row)}</span>
        </td>
      ))}
      {rowActions !== undefined && (
        <td className={cn(cellClass, 'w-px text-right max-sm:absolute max-sm:top-1 max-sm:right-2')}>
          <span className="inline-flex opacity-0 focus-within:opacity-100 group-hover:opacity-100 group-focus-within:opacity-100 max-sm:opacity-100 [@media(hover:none)]:opacity-100">
            {rowActions(row)}
          </span>
        </td>
      )}
    </tr>
  )
}

// `memo` forgets that the component is generic.
const BodyRow = memo(PlainBodyRow) as typeof PlainBodyRow

const cellClass =
  'h-8 truncate whitespace-nowrap border-b px-3 last:pr-6 max-sm:h-auto max-sm:max-w-full max-sm:items-center max-sm:border-0 max-sm:px-0 max-sm:py-0.5 max-sm:last:pr-0'

function SkeletonRows({ columns }: { columns: number }) {
  return Array.from({ length: 8 }, (_, row) => (
    <tr key={row} className="max-sm:flex max-sm:border-b max-sm:px-4 max-sm:py-4">
      {Array.from({ length: columns }, (_, column) => (
        <td key={column} className={cn(cellClass, 'first:pl-6 max-sm:first:pl-0', column > 0 && 'max-sm:hidden')}>
          <Skeleton className={column === 0 ? 'w-40' : 'w-14'} />
        </td>
      ))}
    </tr>
  ))
}

/** J, K and the arrows move between rows; Enter is the row's own. */
function walk(event: KeyboardEvent, frame: HTMLElement | null): void {
  const step =
    event.key === 'j' || event.key === 'ArrowDown' ? 1 : event.key === 'k' || event.key === 'ArrowUp' ? -1 : 0
  const typing = event.target instanceof Element && event.target.closest('input, textarea, select') !== null
  if (step === 0 || typing || event.metaKey || event.ctrlKey || event.altKey) return
  const rows = Array.from(frame?.querySelectorAll<HTMLElement>('tr[data-row]') ?? [])
  const at = rows.findIndex((row) => row.contains(document.activeElement))
  const next = rows[at < 0 ? 0 : at + step]
  if (next === undefined) return
  event.preventDefault()
  next.focus({ preventScroll: true })
  next.scrollIntoView({ block: 'nearest' })
}

function useNarrow(): boolean | undefined {
  const [narrow, setNarrow] = useState<boolean>()
  useEffect(() => {
    const query = window.matchMedia('(max-width: 639px)')
    const read = () => setNarrow(query.matches)
    read()
    query.addEventListener('change', read)
    return () => query.removeEventListener('change', read)
  }, [])
  return narrow
}
