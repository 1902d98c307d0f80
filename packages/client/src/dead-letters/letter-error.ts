/** What went wrong, taken apart so that like errors can be counted together. */
export interface LetterError {
  /** `java.lang.IllegalStateException`, `TypeError`; where the text names none its first line, digits as #. */
  readonly className: string
  /** The first line, without the class. */
  readonly message: string
  readonly stack: string | null
}

const CLASS_CHARACTERS_MAX = 160
const NAMED = /^([A-Za-z_$][\w$]*(?:\.[\w$]+)*)(?:\s*[:(]|$)/
const ERROR_NAME = /(?:Error|Exception|Throwable|Fault|Failure|Timeout|Interrupt)$/

/** Of a text as programs print errors: `Class: message`, a stack in the lines below. */
export function errorOfText(text: string): LetterError {
  const lineEnd = text.search(/\r?\n/)
  const line = lineEnd < 0 ? text : text.slice(0, lineEnd)
  const rest = lineEnd < 0 ? '' : text.slice(lineEnd).trim()
  const named = NAMED.exec(line)?.[1]
  const isClass = named !== undefined && (named.includes('.') || ERROR_NAME.test(named))
  const message = isClass ? line.slice(named.length).replace(/^\s*:\s*/, '') : line
  return {
    className: isClass ? named.slice(0, CLASS_CHARACTERS_MAX) : likeness(line),
    message,
    stack: rest === '' ? null : text,
  }
}

/** Of parts that come apart. Null where there are none. */
export function errorOfParts(
  className: string | null,
  message: string | null,
  stack: string | null,
): LetterError | null {
  if (className !== null) return { className, message: firstLine(message ?? ''), stack }
  if (message !== null) return { ...errorOfText(message), ...(stack === null ? {} : { stack }) }
  return stack === null ? null : errorOfText(stack)
}

function firstLine(text: string): string {
  const end = text.search(/\r?\n/)
  return end < 0 ? text : text.slice(0, end)
}

/** A line in which only numbers differ is one kind of error. */
function likeness(line: string): string {
  return line.replace(/\d+/g, '#').slice(0, CLASS_CHARACTERS_MAX)
}
