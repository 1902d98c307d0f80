'use client'
import { skipToken, useQuery } from '@tanstack/react-query'
import { Command } from 'cmdk'
import { BellPlus, type LucideIcon, Moon, Plus, Route, Sun } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { type ReactNode, useDeferredValue, useLayoutEffect, useState } from 'react'
import { href } from '../../lib/href.ts'
import { recordAddress } from '../../lib/record-address.ts'
import { chooseTheme } from '../../lib/theme.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { Modal } from '../ui/modal.tsx'
import { places } from './navigation.ts'
import { useShell } from './shell.tsx'
import { takeTyped } from './typed-ahead.ts'

const FOUND_MAX = 8

/** Search or jump: places, topics and groups by name (the server searches), a record by its address, and a few acts. */
export function Palette({ open, onOpenChange }: { open: boolean; onOpenChange(open: boolean): void }) {
  const t = useTranslations('frame')
  const trpc = useTRPC()
  const router = useRouter()
  const { cluster } = useShell()
  const [search, setSearch] = useState('')
  const [selected, setSelected] = useState('')
  // The field has the focus by now; what was typed before is put into it.
  useLayoutEffect(() => {
    if (open) setSearch(takeTyped())
  }, [open])
  const wanted = useDeferredValue(search.trim())
  const list = open && wanted !== '' ? { cluster, search: wanted, pageSize: FOUND_MAX } : skipToken
  const topics = useQuery(trpc.topics.list.queryOptions(list))
  const groups = useQuery(trpc.groups.list.queryOptions(list))
  const record = recordAddress(search)
  const close = (next: boolean) => {
    if (!next) setSearch('')
    onOpenChange(next)
  }
  const go = (target: string) => {
    close(false)
    router.push(target)
  }
  const theme = (value: 'light' | 'dark') => {
    chooseTheme(value)
    close(false)
  }
  const matches = (text: string) => text.toLowerCase().includes(wanted.toLowerCase())
  const shownPlaces = places.filter(({ id }) => matches(t(`place.${id}`)) || matches(id))
  const acts: readonly { id: string; icon: LucideIcon; label: string; run(): void }[] = [
    { id: 'create', icon: Plus, label: t('palette.createTopic'), run: () => go(href.newTopic(cluster)) },
    { id: 'life', icon: Route, label: t('palette.followLife'), run: () => go(href.lives(cluster)) },
    {
      id: 'rule',
      icon: BellPlus,
      label: t('palette.newAlert'),
      run: () => go(`${href.alerts(cluster, 'rules')}?rule=new`),
    },
    { id: 'light', icon: Sun, label: t('palette.themeLight'), run: () => theme('light') },
    { id: 'dark', icon: Moon, label: t('palette.themeDark'), run: () => theme('dark') },
  ].filter(({ label }) => matches(label))
  const ids = [
    ...(record === null ? [] : ['record', 'life']),
    ...(topics.data?.rows.map(({ name }) => `topic ${name}`) ?? []),
    ...(groups.data?.rows.map(({ id }) => `group ${id}`) ?? []),
    ...shownPlaces.map(({ id }) => `place ${id}`),
    ...acts.map(({ id }) => `act ${id}`),
  ]
  // What Enter takes is always one that is there: the first, until the arrows choose another.
  const chosen = ids.includes(selected) ? selected : (ids[0] ?? '')
  return (
    <Modal
      open={open}
      onOpenChange={close}
      label={t('search')}
      className="floating mx-auto mt-[10vh] w-[min(600px,calc(100vw-24px))] overflow-hidden"
    >
      <Command shouldFilter={false} label={t('search')} value={chosen} onValueChange={setSelected}>
        <Command.Input
          autoFocus
          value={search}
          onValueChange={setSearch}
          placeholder={t('palette.placeholder')}
          className="h-11 w-full border-b bg-transparent px-4 text-heading outline-none placeholder:text-muted"
        />
        <Command.List className="max-h-[min(60vh,560px)] overflow-y-auto p-1">
          <Command.Empty className="px-3 py-6 text-center text-muted">{t('palette.nothing')}</Command.Empty>
          {record !== null && (
            <Item id="record" onSelect={() => go(href.record(cluster, record.topic, record.partition, record.offset))}>
              {t('palette.record', { offset: record.offset, topic: record.topic, partition: record.partition })}
            </Item>
          )}
          {record !== null && (
            <Item id="life" onSelect={() => go(href.life(cluster, record.topic, record.partition, record.offset))}>
              {t('palette.life', { offset: record.offset, topic: record.topic, partition: record.partition })}
            </Item>
          )}
          {(topics.data?.rows.length ?? 0) > 0 && (
            <Group heading={t('palette.topics')}>
              {topics.data?.rows.map(({ name }) => (
                <Item key={name} id={`topic ${name}`} onSelect={() => go(href.topic(cluster, name))}>
                  <span className="break-all font-mono">{name}</span>
                </Item>
              ))}
            </Group>
          )}
          {(groups.data?.rows.length ?? 0) > 0 && (
            <Group heading={t('palette.groups')}>
              {groups.data?.rows.map(({ id }) => (
                <Item key={id} id={`group ${id}`} onSelect={() => go(href.group(cluster, id))}>
                  <span className="break-all font-mono">{id}</span>
                </Item>
              ))}
            </Group>
          )}
          {shownPlaces.length > 0 && (
            <Group heading={t('palette.places')}>
              {shownPlaces.map(({ id, icon: Icon, ...place }) => (
                <Item key={id} id={`place ${id}`} onSelect={() => go(place.href(cluster))}>
                  <Icon size={16} strokeWidth={1.75} aria-hidden className="text-muted" />
                  {t(`place.${id}`)}
                </Item>
              ))}
            </Group>
          )}
          {acts.length > 0 && (
            <Group heading={t('palette.actions')}>
              {acts.map(({ id, icon: Icon, label, run }) => (
                <Item key={id} id={`act ${id}`} onSelect={run}>
                  <Icon size={16} strokeWidth={1.75} aria-hidden className="text-muted" />
                  {label}
                </Item>
              ))}
            </Group>
          )}
        </Command.List>
      </Command>
    </Modal>
  )
}

function Group({ heading, children }: { heading: string; children: ReactNode }) {
  return (
    <Command.Group
      heading={heading}
      className="[&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:py-1 [&_[cmdk-group-heading]]:text-meta [&_[cmdk-group-heading]]:text-muted"
    >
      {children}
    </Command.Group>
  )
}

function Item({ id, onSelect, children }: { id: string; onSelect(): void; children: ReactNode }) {
  return (
    <Command.Item
      value={id}
      onSelect={onSelect}
      className="flex min-h-8 items-center gap-2 rounded-[4px] px-3 data-[selected=true]:bg-hover"
    >
      {children}
    </Command.Item>
  )
}
