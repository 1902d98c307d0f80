'use client'
import { Filter, FilterX } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { Badge } from '../../components/ui/badge.tsx'
import { Button } from '../../components/ui/button.tsx'
import { Copy } from '../../components/ui/copy.tsx'
import { Bytes } from '../../components/ui/number.tsx'
import { Select } from '../../components/ui/select.tsx'
import { useReasonWords } from '../../lib/failure-words.tsx'
import type { JsonField } from './json-path.ts'
import type { Condition } from './message-query.ts'
import type { FullPayload } from './outputs.ts'
import { pathText } from './path-text.ts'

const CodeView = dynamic(() => import('./code-view.tsx'), { ssr: false })

type View = 'decoded' | 'raw' | 'hex'

/** What is text, whatever it was made of; everything else is shown as JSON. */
const PLAIN: ReadonlySet<string> = new Set(['text', 'hex', 'base64', 'uuid', 'integer'])

/** One payload in full: decoded, as text, as bytes; what could not be decoded and why; a field to copy or to filter by. */
export function PayloadPane(props: {
  root: 'key' | 'value'
  label: string
  payload: FullPayload
  onLoadAll?(): void
  onFilter?(condition: Condition): void
}) {
  const { root, label, payload, onLoadAll, onFilter } = props
  const t = useTranslations('messages')
  const reasonWords = useReasonWords()
  const [view, setView] = useState<View>('decoded')
  const [field, setField] = useState<JsonField | null>(null)
  if (payload.kind === 'null' || payload.kind === 'empty') {
    return <p className="px-4 py-6 text-muted">{t(`about.${payload.kind}`)}</p>
  }
  const isJson = !PLAIN.has(payload.kind)
  const text = view === 'decoded' ? payload.text : view === 'raw' ? rawText(payload.base64) : hexDump(payload.base64)
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-2 px-4 py-2">
        <Badge>{payload.kind}</Badge>
        {payload.schema !== null && (
          <Badge tip={t('schemaTip')}>{t('schema', { id: payload.schema.id, name: payload.schema.name })}</Badge>
        )}
        <span className="text-meta text-muted">
          <Bytes value={payload.sizeInBytes} />
        </span>
        <span className="ml-auto flex items-center gap-1">
          <Select<View>
            label={t('view.label')}
            value={view}
            onChange={setView}
            options={(['decoded', 'raw', 'hex'] as const).map((value) => ({ value, label: t(`view.${value}`) }))}
          />
          <Copy text={text} />
        </span>
      </div>
      {payload.problems.map(({ decoder, reason }) => (
        <p key={decoder} className="px-4 pb-2 text-attention text-meta">
          {t('decoderFailed', { decoder, reason: reasonWords(reason) })}
        </p>
      ))}
      {payload.truncated && (
        <p className="flex items-center gap-2 px-4 pb-2 text-meta">
          {t('truncated')}
          {onLoadAll !== undefined && (
            <Button small onClick={onLoadAll}>
              {t('loadAll')}
            </Button>
          )}
        </p>
      )}
      <PayloadReader
        key={view}
        text={text}
        label={label}
        isJson={view === 'decoded' && isJson}
        onField={view === 'decoded' && isJson ? setField : undefined}
      />
      {view === 'decoded' && field !== null && <FieldBar root={root} field={field} onFilter={onFilter} />}
    </div>
  )
}

/** Above these only what is in view can be drawn. */
const PLAIN_CHARACTERS_MAX = 50_000

/** A payload to read: plain at once, with its fields when somebody turns to it, for which more has to be loaded. */
function PayloadReader(props: {
  text: string
  label: string
  isJson: boolean
  onField?: ((field: JsonField | null) => void) | undefined
}) {
  const { text, label, isJson, onField } = props
  const [rich, setRich] = useState(text.length > PLAIN_CHARACTERS_MAX)
  if (rich) return <CodeView text={text} label={label} isJson={isJson} {...(onField && { onField })} />
  return (
    <section
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable without a mouse.
      tabIndex={0}
      onPointerEnter={() => setRich(true)}
      onFocus={() => setRich(true)}
      className="min-h-0 flex-1 overflow-auto px-4 py-1 -outline-offset-2"
    >
      <pre className="whitespace-pre-wrap break-words font-mono text-[12px] leading-[18px]">{text}</pre>
    </section>
  )
}

/** The field under the cursor: copied, or made a filter. */
function FieldBar(props: { root: string; field: JsonField; onFilter: ((condition: Condition) => void) | undefined }) {
  const { root, field, onFilter } = props
  const t = useTranslations('messages')
  const path = pathText(root, field.path)
  const filter = (operator: '==' | '!=') => onFilter?.({ field: path, operator, value: field.text })
  return (
    <div className="flex flex-wrap items-center gap-1 border-t bg-sunken px-4 py-1.5">
      <code className="min-w-0 flex-1 truncate font-mono text-meta" title={path}>
        {path}
      </code>
      <Copy label={t('field.copyPath')} text={path} />
      <Copy label={t('field.copyValue')} text={() => plainValue(field.text)} />
      {field.isScalar && onFilter !== undefined && (
        <>
          <Button
            small
            kind="quiet"
            data-tip={t('field.only')}
            aria-label={t('field.only')}
            onClick={() => filter('==')}
          >
            <Filter size={14} strokeWidth={1.75} aria-hidden />
          </Button>
          <Button
            small
            kind="quiet"
            data-tip={t('field.without')}
            aria-label={t('field.without')}
            onClick={() => filter('!=')}
          >
            <FilterX size={14} strokeWidth={1.75} aria-hidden />
          </Button>
        </>
      )}
    </div>
  )
}

/** A string without its quotes and escapes; anything else as it is written. */
function plainValue(text: string): string {
  if (!text.startsWith('"')) return text
  try {
    return String(JSON.parse(text))
  } catch {
    return text
  }
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
}

function rawText(base64: string): string {
  return new TextDecoder().decode(bytesOf(base64))
}

const HEX_BYTES_MAX = 65_536

/** Sixteen bytes a line: position, hex, and what is printable of them. */
function hexDump(base64: string): string {
  const bytes = bytesOf(base64).subarray(0, HEX_BYTES_MAX)
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += 16) {
    const line = [...bytes.subarray(at, at + 16)]
    const hex = line.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    const text = line.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('')
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hex.padEnd(47)}  ${text}`)
  }
  return lines.join('\n')
}
