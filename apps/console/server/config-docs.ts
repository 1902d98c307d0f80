import docs from '../messages/config-docs.zh.json' with { type: 'json' }
import { preferences } from './preferences.ts'

/**
 * What configs mean in the language of the one who asks, by the English text that brokers tell: one that has another text, as other
 * brokers have, stays in English rather than being told wrongly. undefined where the language is English.
 */
export async function configDocs(): Promise<Readonly<Record<string, string>> | undefined> {
  return (await preferences()).locale === 'zh' ? docs : undefined
}
