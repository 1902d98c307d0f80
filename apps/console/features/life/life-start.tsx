'use client'
import { Route } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { type FormEvent, useState } from 'react'
import { TitleRow } from '../../components/frame/title-row.tsx'
import { Button } from '../../components/ui/button.tsx'
import { Field, Input } from '../../components/ui/field.tsx'
import { href } from '../../lib/href.ts'
import { recordAddress } from '../../lib/record-address.ts'

/** Where a life begins: any record of it. */
export function LifeStart({ cluster }: { cluster: string }) {
  const t = useTranslations('life')
  const router = useRouter()
  const [typed, setTyped] = useState('')
  const record = recordAddress(typed)
  const problem = record === null ? t('addressWrong') : undefined
  const go = (event: FormEvent) => {
    event.preventDefault()
    if (record !== null) router.push(href.life(cluster, record.topic, record.partition, record.offset))
  }
  return (
    <>
      <TitleRow title={t('title')} />
      <form onSubmit={go} className="mx-auto flex w-full max-w-md flex-col gap-3 px-4 py-12">
        <Route size={20} strokeWidth={1.75} aria-hidden className="text-muted" />
        <p className="text-muted">{t('about')}</p>
        <Field label={t('address')} hint={t('addressHint')} error={typed !== '' ? problem : undefined}>
          {(field) => (
            <Input
              {...field}
              mono
              data-filter
              placeholder="orders/3@1842"
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
            />
          )}
        </Field>
        <Button type="submit" kind="primary" className="self-start" disabledReason={problem}>
          {t('follow')}
        </Button>
      </form>
    </>
  )
}
