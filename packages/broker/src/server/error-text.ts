/** More than anybody reads, and far less than the 32767 bytes that a string of an old version can have. */
const CHARACTERS_MAX = 1000

/** An error message that fits into an answer, though it may quote what a client sent, which can be long. */
export function errorText(text: string | null): string | null {
  if (text === null || text.length <= CHARACTERS_MAX) return text
  return `${text.slice(0, CHARACTERS_MAX)}…`
}

/** The same in every result of an answer. */
export function withErrorTexts<R extends { readonly errorMessage: string | null }>(results: readonly R[]): R[] {
  return results.map((result) => ({ ...result, errorMessage: errorText(result.errorMessage) }))
}
