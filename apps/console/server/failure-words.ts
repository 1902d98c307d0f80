import words from '../messages/failures.zh.json' with { type: 'json' }
import names from '../messages/names.zh.json' with { type: 'json' }
import reasons from '../messages/reasons.zh.json' with { type: 'json' }
import { preferences } from './preferences.ts'

/**
 * What is told of failures in the language of the one who asks: of errors by code, of reasons by their English sentence, of the
 * API's procedures and fields by name. Undefined where that language is English, as the API tells it.
 */
export async function failureWords() {
  return (await preferences()).locale === 'zh' ? { words, reasons, names } : undefined
}
