/** What others wrote, for a terminal: it must not be able to move the cursor, change colours or begin a line of its own. */

/** Control characters (C0, DEL, C1) but for tab and newline. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g

/** Text of several lines: control characters as `\x1b`. */
export function plainText(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(CONTROLS, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
}

/** The same in one line. */
export function plainLine(text: string): string {
  return plainText(text).replace(/[\n\t]+/g, ' ')
}

/** A time as ISO 8601; `-` for none, the number itself where there is no such date. */
export function timeText(ms: number): string {
  if (ms < 0) return '-'
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString()
}
