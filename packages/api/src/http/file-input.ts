import type { z } from 'zod'
import { refuse } from '../failure.ts'

/** What the `?input=<JSON>` of a file asks for. Throws BAD_REQUEST, which names the first thing that is not understood. */
export function fileInput<Schema extends z.ZodType>(schema: Schema, text: string, tried: string): z.output<Schema> {
  const parsed = schema.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw refuse('BAD_REQUEST', `${issue?.path.join('.') || 'input'}: ${issue?.message ?? 'not understood'}`, {
    tried,
    remedy: 'Use the button on the page.',
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
