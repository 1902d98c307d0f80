import { array, int8, int16, int32, string } from '../schema/fields.ts'
import { api, type RequestOf, type ResponseOf } from '../schema/message.ts'

/**
 * API key 74: the resources that have configs (KIP-1142). Version 0 knows only client metrics, type 16; from 1 on the
 * client names the types, and an empty list means every type that is supported.
 */
export const ListConfigResources = api({
  key: 74,
  name: 'ListConfigResources',
  versions: [0, 1],
  flexible: 0,
  request: {
    resourceTypes: array(int8(), { since: 1, default: [] }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    configResources: array({
      resourceName: string(),
      resourceType: int8({ since: 1, default: 16 }),
    }),
  },
})
export type ListConfigResourcesRequest = RequestOf<typeof ListConfigResources>
export type ListConfigResourcesResponse = ResponseOf<typeof ListConfigResources>
