import { array, boolean, int16, int32, int64, nullable, string } from '../schema/fields.ts'
import { api, type RequestOf, type ResponseOf } from '../schema/message.ts'

/** API key 35: what lies in this broker's log directories (KIP-113); with the volume's size from version 4 (KIP-827). */
export const DescribeLogDirs = api({
  key: 35,
  name: 'DescribeLogDirs',
  versions: [1, 4],
  flexible: 2,
  request: {
    /** Null: all topics. */
    topics: nullable(array({ topic: string(), partitions: array(int32()) })),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16({ since: 3, default: 0 }),
    results: array({
      errorCode: int16(),
      logDir: string(),
      topics: array({
        name: string(),
        partitions: array({
          partitionIndex: int32(),
          partitionSize: int64(),
          /** How many records the log is behind the high watermark (of the current log, for a future one). */
          offsetLag: int64(),
          /** A replica on its way to another directory. */
          isFutureKey: boolean({ default: false }),
        }),
      }),
      totalBytes: int64({ since: 4, default: -1 }),
      usableBytes: int64({ since: 4, default: -1 }),
    }),
  },
})
export type DescribeLogDirsRequest = RequestOf<typeof DescribeLogDirs>
export type DescribeLogDirsResponse = ResponseOf<typeof DescribeLogDirs>
