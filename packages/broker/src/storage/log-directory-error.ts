/** Why a data directory cannot be used; the message is ready to print. */
export class LogDirectoryError extends Error {
  override readonly name = 'LogDirectoryError'
}
