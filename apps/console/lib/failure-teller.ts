import type { ApiError } from './api-error.ts'
import { reasonTeller } from './reason-words.ts'

type Words = Readonly<Record<string, string>>

/** What the API's own names are called: its procedures, and the fields of what they are given, each part of a path by itself. */
export interface FailureNames {
  readonly procedures: Words
  readonly fields: Words
}

const NO_NAMES: FailureNames = { procedures: {}, fields: {} }

/**
 * Tells errors in other words. Without any they stay as the API tells them.
 * @param words by the code of what is told
 * @param reasons by the English sentence; see reasonTeller
 */
export function failureTeller(words: Words, reasons: Words, names = NO_NAMES): (error: ApiError) => ApiError {
  const tell = reasonTeller(reasons)
  const toldOf = (name: string, value = '') => (name === 'path' ? procedureName(names, value) : tell(value))
  const hasReasons = Object.keys(reasons).length > 0
  return (error) => {
    const told: { -readonly [K in keyof ApiError]: ApiError[K] } = { ...error }
    for (const part of ['message', 'tried', 'remedy'] as const) {
      const said = error.codes?.[part]
      const template = said && words[said.code]
      if (template) told[part] = template.replace(/\{(\w+)\}/g, (_, name) => toldOf(name, said.values[name]))
      else if (part === 'message' && hasReasons) {
        const fields = error.fields?.map(({ path, message }) =>
          [fieldName(names, path), tell(message)].filter(Boolean).join('：'),
        )
        told.message = fields?.join('；') ?? tell(told.message)
      }
    }
    return told
  }
}

/** What is called by its own name when it is asked for is called the same when it is followed. */
function procedureName({ procedures }: FailureNames, path: string): string {
  return procedures[path] ?? procedures[path.replace(/Live$/, '')] ?? path
}

function fieldName({ fields }: FailureNames, path: string): string {
  return path
    .split('.')
    .map((part) => fields[part] ?? part)
    .join('.')
}
