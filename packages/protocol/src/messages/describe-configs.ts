import { array, boolean, int8, int16, int32, nullable, string } from '../schema/fields.ts'
import { api, type RequestOf, type ResponseOf } from '../schema/message.ts'

/**
 * API key 32: the configs of topics, brokers, groups and other resources, with where each value comes from.
 * Types and documentation from version 3 (KIP-569).
 */
export const DescribeConfigs = api({
  key: 32,
  name: 'DescribeConfigs',
  versions: [1, 4],
  flexible: 4,
  request: {
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      /** Null: all keys. */
      configurationKeys: nullable(array(string()), { default: null }),
    }),
    includeSynonyms: boolean({ default: false }),
    includeDocumentation: boolean({ since: 3, default: false }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    results: array({
      errorCode: int16(),
      errorMessage: nullable(string(), { default: null }),
      resourceType: int8(),
      resourceName: string(),
      configs: array(
        {
          name: string(),
          /** Null for a sensitive key. */
          value: nullable(string()),
          readOnly: boolean({ default: false }),
          configSource: int8({ default: -1 }),
          isSensitive: boolean({ default: false }),
          /** Everything that would give this key a value, the winner first. */
          synonyms: array({ name: string(), value: nullable(string()), source: int8() }, { default: [] }),
          configType: int8({ since: 3, default: 0 }),
          documentation: nullable(string(), { since: 3, default: null }),
        },
        { default: [] },
      ),
    }),
  },
})
export type DescribeConfigsRequest = RequestOf<typeof DescribeConfigs>
export type DescribeConfigsResponse = ResponseOf<typeof DescribeConfigs>
