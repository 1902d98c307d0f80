/** How bytes are read. `auto` tries what they look like. */
export const decoderNames = [
  'auto',
  'json',
  'text',
  'hex',
  'base64',
  'avro',
  'protobuf',
  'msgpack',
  'cbor',
  'integer',
  'uuid',
  'offsets',
] as const
export type DecoderName = (typeof decoderNames)[number]
