/** `metadata.store` or what goes with it cannot be used; the message is for the person who set it. */
export class StoreAddressError extends Error {
  override readonly name = 'StoreAddressError'
}
