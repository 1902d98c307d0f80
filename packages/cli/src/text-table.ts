import { plainLine } from './terminal-text.ts'

/** What a cell may hold; null is printed as a dash. */
export type Cell = string | number | null

/** A table for a terminal: columns as wide as they must be, numbers to the right. No rows, no table. */
export function textTable(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  if (rows.length === 0) return ''
  const isNumber = head.map((_, column) => rows.every((row) => row[column] === null || typeof row[column] === 'number'))
  const texts = [head, ...rows.map((row) => row.map((cell) => (cell === null ? '-' : plainLine(String(cell)))))]
  const widths = head.map((_, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)))
  const lines = texts.map((row) =>
    row
      .map((text, column) => (isNumber[column] ? text.padStart(widths[column]!) : text.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd(),
  )
  return `${lines.join('\n')}\n`
}

/** 1 record, 2 records. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
