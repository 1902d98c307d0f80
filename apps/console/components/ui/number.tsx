import { exactNumber, shortBytes, shortCount } from '../../lib/numbers.ts'

/** A number in full, with thin spaces; `null` is unknown. */
export function Exact({ value }: { value: number | bigint | string | null | undefined }) {
  if (value === null || value === undefined) return <Unknown />
  return <span className="whitespace-nowrap">{exactNumber(value)}</span>
}

/** A count, shortened from ten thousand on; the exact value is in the tooltip. */
export function Count({ value, unit = '' }: { value: number | null | undefined; unit?: string }) {
  if (value === null || value === undefined) return <Unknown />
  const short = shortCount(value)
  return (
    <span className="whitespace-nowrap" data-tip={short.exact ? undefined : `${exactNumber(value)} ${unit}`.trim()}>
      {short.text}
      <Unit text={short.unit + unit} />
    </span>
  )
}

/** Bytes, or with `unit="/s"` a rate of them. */
export function Bytes({ value, unit = '' }: { value: number | null | undefined; unit?: string }) {
  if (value === null || value === undefined) return <Unknown />
  const short = shortBytes(value)
  return (
    <span
      className="whitespace-nowrap"
      data-tip={short.exact ? undefined : `${exactNumber(Math.round(value))} B${unit}`}
    >
      {short.text}
      <Unit text={short.unit + unit} />
    </span>
  )
}

/** What is not known is not nought. */
export function Unknown({ reason }: { reason?: string }) {
  return (
    <span className="text-muted" data-tip={reason}>
      —
    </span>
  )
}

function Unit({ text }: { text: string }) {
  return text === '' ? null : <span className="ml-[0.25em] text-meta text-muted">{text}</span>
}
