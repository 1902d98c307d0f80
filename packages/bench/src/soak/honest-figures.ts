/** What honest clients saw in one phase; milliseconds. */
export interface HonestFigures {
  readonly requests: number
  /** From the request to its acknowledgement. */
  readonly produceP50: number
  readonly produceP99: number
  readonly produceMax: number
  readonly records: number
  /** From the request until its record came to a consumer. */
  readonly deliverP50: number
  readonly deliverP99: number
  readonly deliverMax: number
}
