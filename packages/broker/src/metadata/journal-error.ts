/** The metadata journal cannot be used as it is: metadata is lost, or would be. The message names the file and what to do. */
export class JournalError extends Error {
  override readonly name = 'JournalError'
}
