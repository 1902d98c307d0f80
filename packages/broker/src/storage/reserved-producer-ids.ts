/**
 * Producer ids from here on are the broker's own: no client is given one or may use one (but in a topic for dead letters, where
 * other brokers deliver), and no log forgets one, because what was delivered under it must be known for as long as the log is.
 */
export const RESERVED_PRODUCER_ID_MIN: number = 2 ** 52
