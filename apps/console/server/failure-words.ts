import words from '../messages/failures.zh.json' with { type: 'json' }
import { preferences } from './preferences.ts'

/** What is told of failures in the language of the one who asks, by code; undefined where that is English, as the API tells it. */
export async function failureWords(): Promise<Readonly<Record<string, string>> | undefined> {
  return (await preferences()).locale === 'zh' ? words : undefined
}
