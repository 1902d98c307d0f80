'use client'
import { useTranslations } from 'next-intl'
import { useMemo, useState } from 'react'
import { isZone } from '../../lib/preferences.ts'
import { zoneLabel } from '../../lib/times.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Field, Input } from '../ui/field.tsx'

const SHOWN_MAX = 40

/** Names that cities have now; some browsers list them only under their former ones. */
const renamed = [
  'America/Nuuk',
  'Asia/Ho_Chi_Minh',
  'Asia/Kathmandu',
  'Asia/Kolkata',
  'Asia/Yangon',
  'Atlantic/Faroe',
  'Europe/Kyiv',
]

function knownZones(): string[] {
  return [...new Set([...Intl.supportedValuesOf('timeZone'), ...renamed])].filter(isZone).sort()
}

/** Any zone that the browser knows, found by its name. */
export function ZonePicker(props: { open: boolean; onOpenChange(open: boolean): void; onChoose(zone: string): void }) {
  const t = useTranslations('frame')
  const [search, setSearch] = useState('')
  const zones = useMemo(() => (props.open ? knownZones() : []), [props.open])
  const wanted = search.trim().toLowerCase().replaceAll(' ', '_')
  const found = zones.filter((zone) => zone.toLowerCase().includes(wanted)).slice(0, SHOWN_MAX)
  return (
    <Dialog open={props.open} onOpenChange={props.onOpenChange} title={t('zone.label')}>
      <Field label={t('zone.search')}>
        {(field) => <Input {...field} value={search} onChange={(event) => setSearch(event.target.value)} />}
      </Field>
      <ul className="mt-2 h-64 overflow-y-auto">
        {found.map((zone) => (
          <li key={zone}>
            <button
              type="button"
              onClick={() => {
                props.onChoose(zone)
                props.onOpenChange(false)
              }}
              className="flex h-8 w-full items-center gap-2 rounded-[4px] px-2 text-left hover:bg-hover"
            >
              <span className="min-w-0 flex-1 truncate">{zone.replaceAll('_', ' ')}</span>
              <span className="text-meta text-muted">{zoneLabel(zone, Date.now()).split(' ').at(-1)}</span>
            </button>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className="text-muted">{t('nothingMatches')}</p>}
    </Dialog>
  )
}
