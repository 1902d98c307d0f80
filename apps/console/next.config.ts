import { join } from 'node:path'
import type { NextConfig } from 'next'
import createNextIntlPlugin from 'next-intl/plugin'

const root = join(import.meta.dirname, '../..')

const config: NextConfig = {
  // Another folder, so that what is tried out does not replace what is served.
  distDir: process.env.ODRADEK_CONSOLE_DIST ?? '.next',
  turbopack: { root },
  outputFileTracingRoot: root,
  transpilePackages: ['@odradek/client'],
  // The server renders with the very router that answers HTTP and WebSocket; its errors must be of the same class.
  serverExternalPackages: ['@trpc/server'],
  poweredByHeader: false,
  reactStrictMode: true,
  compress: true,
  devIndicators: false,
  typescript: { ignoreBuildErrors: process.env.ODRADEK_CONSOLE_TYPES === 'off' },
}

export default createNextIntlPlugin('./i18n/request.ts')(config)
