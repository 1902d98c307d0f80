import type { Validation } from '@odradek/protocol'
import type { AdmissionRefusal } from './intake-rules.ts'

/** The refusal that `check` came to: what it says now, as it is used again for the next batch. */
export function refusalOf({ errorCode, blamed, text }: Validation): AdmissionRefusal {
  return { errorCode, blamed, text: text ?? '' }
}
