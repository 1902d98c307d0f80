import { cookies, headers } from 'next/headers'
import { cache } from 'react'
import { type Preferences, readPreferences } from '../lib/preferences.ts'

/** The preferences of the one who asks, once per request. */
export const preferences = cache(async (): Promise<Preferences> => {
  const jar = await cookies()
  return readPreferences((name) => jar.get(name)?.value, (await headers()).get('accept-language') ?? '')
})
