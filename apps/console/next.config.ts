import { join } from 'node:path'
import type { NextConfig } from 'next'
import createNextIntlPlugin from 'next-intl/plugin'

const root = join(import.meta.dirname, '../..')

const config: NextConfig = {
  turbopack: { root },
  outputFileTracingRoot: root,
  transpilePackages: ['@odradek/config'],
  // The server renders with the very router that answers HTTP and WebSocket; its errors must be of the same class.
  serverExternalPackages: ['@trpc/server'],
  poweredByHeader: false,
  reactStrictMode: true,
  // server.ts sets the security headers, and the broker's reverse proxy compresses better than each page for itself would.
  compress: true,
  devIndicators: false,
  typescript: { ignoreBuildErrors: false },
}

export default createNextIntlPlugin('./i18n/request.ts')(config)
