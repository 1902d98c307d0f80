'use client'
import { ChevronDown, ChevronUp, Maximize2 } from 'lucide-react'
import { useTranslations } from 'next-intl'
import type { ReactNode } from 'react'
import { IconButton } from '../../components/ui/button.tsx'
import { Copy } from '../../components/ui/copy.tsx'
import { SidePanel } from '../../components/ui/side-panel.tsx'
import { placeText } from './outputs.ts'

/** The panel of a record beside its list: the rows before and after, its link, its own page. */
export function RecordPanel(props: {
  place: { readonly partition: number; readonly offset: number }
  /** The path of its own page, which is also what is copied. */
  address: string
  /** Further small buttons. */
  actions?: ReactNode
  onClose(): void
  onWalk(step: 1 | -1): void
  onOpenPage(): void
  children: ReactNode
}) {
  const { place, address, actions, onClose, onWalk, onOpenPage, children } = props
  const t = useTranslations('messages')
  const icon = { size: 16, strokeWidth: 1.75 } as const
  return (
    <SidePanel
      title={placeText(place)}
      onClose={onClose}
      actions={
        <>
          <IconButton label={t('panel.previous')} onClick={() => onWalk(-1)}>
            <ChevronUp {...icon} />
          </IconButton>
          <IconButton label={t('panel.next')} onClick={() => onWalk(1)}>
            <ChevronDown {...icon} />
          </IconButton>
          <Copy label={t('panel.copyLink')} text={() => location.origin + address} />
          {actions}
          <IconButton label={t('panel.page')} onClick={onOpenPage}>
            <Maximize2 {...icon} />
          </IconButton>
        </>
      }
    >
      {children}
    </SidePanel>
  )
}
