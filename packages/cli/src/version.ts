import { readFileSync } from 'node:fs'

/** The version of this package, which all packages share. */
export function version(): string {
  // One level up from src/ in a checkout and from dist/ when installed.
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : ''
}
