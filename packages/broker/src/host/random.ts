/** Randomness: cryptographic in life, seeded in a simulation. */
export interface Random {
  bytes(length: number): Buffer
  /** A whole number from 0 to `bound` - 1. */
  below(bound: number): number
  /** A version 4 UUID as 22 characters of base64url, Kafka's text form; never one that begins with a dash. */
  uuid(): string
}
