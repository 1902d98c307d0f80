import { getRequestConfig } from 'next-intl/server'
import { preferences } from '../server/preferences.ts'
import { messages } from './messages.ts'

/** What next-intl needs for one request: the language is a cookie's, not the URL's, so that links can be shared. */
export default getRequestConfig(async () => {
  const { locale } = await preferences()
  return { locale, messages: messages[locale], timeZone: 'UTC' }
})
