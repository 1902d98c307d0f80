/** A value in the store that is not what its key promises: foreign, damaged, or from a later version. */
export class MetadataValueError extends Error {
  override readonly name = 'MetadataValueError'
  readonly key: string

  constructor(key: string, problem: string) {
    super(`The metadata store holds an invalid value under ${key}: ${problem}`)
    this.key = key
  }
}
