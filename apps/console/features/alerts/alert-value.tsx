'use client'
import { useTranslations } from 'next-intl'
import { Count } from '../../components/ui/number.tsx'
import type { AlertKind } from './outputs.ts'

/** A value in the unit of its kind. */
export function AlertValue({ kind, value }: { kind: AlertKind; value: number }) {
  const t = useTranslations('alerts')
  return kind === 'disk' ? (
    <span className="whitespace-nowrap">{value.toFixed(1)} %</span>
  ) : (
    <span className="whitespace-nowrap">
      <Count value={value} /> <span className="text-meta text-muted">{t(`unit.${kind}`)}</span>
    </span>
  )
}
