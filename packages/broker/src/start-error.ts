/** Why a broker could not start. The message says what, which value, and what to do; it is ready to be printed. */
export class StartError extends Error {
  override readonly name = 'StartError'
}
