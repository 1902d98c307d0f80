import type { ApiError } from './api-error.ts'
import { reasonTeller } from './reason-words.ts'

type Words = Readonly<Record<string, string>>

/**
 * Tells errors in other words. Without any they stay as the API tells them.
 * @param words by the code of what is told
 * @param reasons by the English sentence; see reasonTeller
 */
export function failureTeller(words: Words, reasons: Words): (error: ApiError) => ApiError {
  const tell = reasonTeller(reasons)
  const hasReasons = Object.keys(reasons).length > 0
  return (error) => {
    const told: { -readonly [K in keyof ApiError]: ApiError[K] } = { ...error }
    for (const part of ['message', 'tried', 'remedy'] as const) {
      const said = error.codes?.[part]
      const template = said && words[said.code]
      if (template) told[part] = template.replace(/\{(\w+)\}/g, (_, name) => tell(said.values[name] ?? ''))
      else if (part === 'message' && hasReasons) {
        const fields = error.fields?.map(({ path, message }) => [path, tell(message)].filter(Boolean).join(': '))
        told.message = fields?.join('；') ?? tell(told.message)
      }
    }
    return told
  }
}
