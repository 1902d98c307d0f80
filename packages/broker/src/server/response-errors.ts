/** Finds the error codes in a response by its table, so that every API is counted without a word in its handler. */
import type { AnyField, Shape } from '@odradek/protocol'

/** Where a response, or a struct in it, has error codes. */
export interface ErrorPlaces {
  readonly hasCode: boolean
  readonly nested: readonly { readonly name: string; readonly isArray: boolean; readonly places: ErrorPlaces }[]
}

/** The places of a table; null where it has none. */
export function errorPlacesOf(shape: Shape): ErrorPlaces | null {
  const nested: { name: string; isArray: boolean; places: ErrorPlaces }[] = []
  for (const [name, field] of Object.entries(shape)) {
    const inner: Shape | undefined = (field as AnyField).element?.shape ?? field.shape
    const places = inner && errorPlacesOf(inner)
    if (places) nested.push({ name, isArray: field.kind === 'array', places })
  }
  const hasCode = 'errorCode' in shape
  return hasCode || nested.length > 0 ? { hasCode, nested } : null
}

type Answer = { readonly [name: string]: unknown } & { readonly errorCode?: number }

/** Calls `found` with every error code of `answer` but NONE. */
export function eachErrorCode(places: ErrorPlaces, answer: Answer, found: (errorCode: number) => void): void {
  if (places.hasCode && answer.errorCode) found(answer.errorCode)
  for (const { name, isArray, places: inner } of places.nested) {
    const value = answer[name]
    if (value === null || value === undefined) continue
    if (!isArray) eachErrorCode(inner, value as Answer, found)
    else for (const item of value as readonly Answer[]) eachErrorCode(inner, item, found)
  }
}
