'use client'
import { Columns3, Download } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { buttonClass } from './button.tsx'
import { Menu, MenuChoice } from './menu.tsx'

/** At the right end of a list's filters: which columns are shown, and all that match as a file. */
export function ListTools(props: {
  columns: readonly { readonly id: string; readonly title: string }[]
  hidden: ReadonlySet<string>
  toggle(column: string): void
  /** Where the file is; `input` is what it is asked by. */
  csv: string
  input: object
}) {
  const t = useTranslations('frame.table')
  const icon = { size: 16, strokeWidth: 1.75, 'aria-hidden': true } as const
  return (
    <div className="ml-auto flex items-center gap-1 max-sm:hidden">
      <a
        href={`${props.csv}?input=${encodeURIComponent(JSON.stringify(props.input))}`}
        download
        aria-label={t('csv')}
        data-tip={t('csv')}
        className={`${buttonClass('quiet')} w-8 !px-0`}
      >
        <Download {...icon} />
      </a>
      <Menu label={t('columns')} trigger={<Columns3 {...icon} />}>
        {props.columns.map(({ id, title }) => (
          <MenuChoice key={id} chosen={!props.hidden.has(id)} onSelect={() => props.toggle(id)}>
            {title}
          </MenuChoice>
        ))}
      </Menu>
    </div>
  )
}
