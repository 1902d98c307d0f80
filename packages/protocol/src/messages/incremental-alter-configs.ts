import { array, boolean, int8, int16, int32, nullable, string } from '../schema/fields.ts'
import { api, type RequestOf, type ResponseOf } from '../schema/message.ts'

/** API key 44: changes single configs of a resource and leaves the others as they are (KIP-339). */
export const IncrementalAlterConfigs = api({
  key: 44,
  name: 'IncrementalAlterConfigs',
  versions: [0, 1],
  flexible: 1,
  request: {
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      configs: array({
        name: string(),
        /** 0 set, 1 delete, 2 append to a list, 3 take out of a list. */
        configOperation: int8({ default: 0 }),
        value: nullable(string()),
      }),
    }),
    validateOnly: boolean({ default: false }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    responses: array({
      errorCode: int16(),
      errorMessage: nullable(string(), { default: null }),
      resourceType: int8(),
      resourceName: string(),
    }),
  },
})
export type IncrementalAlterConfigsRequest = RequestOf<typeof IncrementalAlterConfigs>
export type IncrementalAlterConfigsResponse = ResponseOf<typeof IncrementalAlterConfigs>
