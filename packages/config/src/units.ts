/** Times in milliseconds and sizes in bytes, for defaults that read as what they mean. */
export const SECOND_MS = 1000
export const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

export const KIB = 1024
export const MIB = 1024 * KIB
export const GIB = 1024 * MIB
export const TIB = 1024 * GIB

/** Kafka's Integer.MAX_VALUE: its usual spelling of "no limit" for an int. */
export const INT_MAX = 2 ** 31 - 1

/**
 * Kafka's Long.MAX_VALUE: its usual spelling of "no limit" for a long. As a JavaScript number this is 2^63, one more than the
 * real bound; `formatValue` writes the real one back. Longs between 2^53 and this are refused, since they would be rounded.
 */
export const LONG_MAX = 2 ** 63
