/**
 * The string methods of Node's Buffer that take positions and no encoding name: half the cost of `toString` and `write`
 * on the short strings of the protocol. Node has them on every Buffer; its published types leave them out.
 */
export interface TextBuffer extends Buffer {
  utf8Slice(start: number, end: number): string
  /** Returns the bytes written; never splits a character. */
  utf8Write(text: string, position: number, bytesMax: number): number
  base64urlSlice(start: number, end: number): string
  /** Returns the bytes written. */
  base64urlWrite(text: string, position: number, bytesMax: number): number
}
