/** What is a matter of taste, kept in cookies so that the server renders it right at once. */
export interface Preferences {
  readonly theme: Theme
  readonly locale: Locale
  /** `UTC`, an IANA name, or `local:` and the name the browser gave. */
  readonly zone: string
  readonly rail: 'wide' | 'narrow'
}

export const themes = ['system', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

export const locales = ['en', 'zh'] as const
export type Locale = (typeof locales)[number]

const YEAR_S = 365 * 24 * 3600

/** Reads the preferences; anything that is not one of them is the default. */
export function readPreferences(cookie: (name: string) => string | undefined, accepted = ''): Preferences {
  const theme = cookie('theme')
  const locale = cookie('locale')
  const zone = cookie('zone')
  return {
    theme: themes.find((known) => known === theme) ?? 'system',
    locale: locales.find((known) => known === locale) ?? (/^\s*zh\b/i.test(accepted) ? 'zh' : 'en'),
    zone: zone !== undefined && isZone(zoneName(zone)) ? zone : 'UTC',
    rail: cookie('rail') === 'narrow' ? 'narrow' : 'wide',
  }
}

/** The IANA name behind the cookie's value. */
export function zoneName(zone: string): string {
  return zone.startsWith('local:') ? zone.slice('local:'.length) : zone
}

/** Whether this machine knows the zone. */
export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/** Keeps a preference for a year, in the browser. */
export function keepPreference(name: string, value: string): void {
  // biome-ignore lint/suspicious/noDocumentCookie: cookieStore is not in every browser that we support.
  document.cookie = `${name}=${encodeURIComponent(value)}; path=/; max-age=${YEAR_S}; samesite=lax`
}
