import './globals.css'
import { GeistMono } from 'geist/font/mono'
import { GeistSans } from 'geist/font/sans'
import type { Metadata, Viewport } from 'next'
import { NextIntlClientProvider } from 'next-intl'
import { NuqsAdapter } from 'nuqs/adapters/next/app'
import type { ReactNode } from 'react'
import { Tips } from '../components/ui/tips.tsx'
import { Toasts } from '../components/ui/toast.tsx'
import { cn } from '../lib/cn.ts'
import { FailureWords } from '../lib/failure-words.tsx'
import { zoneName } from '../lib/preferences.ts'
import { ApiProvider } from '../lib/trpc.tsx'
import { ZoneProvider } from '../lib/zone.tsx'
import { failureWords } from '../server/failure-words.ts'
import { preferences } from '../server/preferences.ts'

export const metadata: Metadata = { title: { default: 'Odradek', template: '%s · Odradek' }, robots: 'noindex' }
export const viewport: Viewport = {
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#faf9f7' },
    { media: '(prefers-color-scheme: dark)', color: '#11100f' },
  ],
}

export default async function RootLayout({ children }: { children: ReactNode }) {
  const { theme, locale, zone } = await preferences()
  return (
    <html
      lang={locale === 'zh' ? 'zh-CN' : 'en'}
      className={cn(GeistSans.variable, GeistMono.variable, theme !== 'system' && theme)}
    >
      <body className="h-dvh">
        <NextIntlClientProvider>
          <ApiProvider>
            <NuqsAdapter>
              <ZoneProvider zone={zoneName(zone)}>
                <FailureWords {...(await failureWords())}>
                  <Toasts>{children}</Toasts>
                  <Tips />
                </FailureWords>
              </ZoneProvider>
            </NuqsAdapter>
          </ApiProvider>
        </NextIntlClientProvider>
      </body>
    </html>
  )
}
