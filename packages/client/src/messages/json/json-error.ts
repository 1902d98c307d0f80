/** Bytes that are not JSON, with the position (in bytes, from the value's start) where that shows. */
export class JsonError extends Error {
  readonly position: number

  constructor(what: string, position: number) {
    super(`${what} at byte ${position}`)
    this.name = 'JsonError'
    this.position = position
  }
}
