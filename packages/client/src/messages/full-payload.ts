import type { DecoderName } from './decoders/decoder-names.ts'
import { decodePayload } from './decoders/payload.ts'
import { SchemaWanted } from './decoders/schemas.ts'
import { type FullPayload, PAYLOAD_BYTES } from './get-message.ts'
import { formatPayload } from './message-row.ts'
import type { MessageSource } from './scan/message-source.ts'

/** A payload that was read elsewhere, in full up to a limit; loads the schema that it names. */
export async function fullPayload(
  { schemas }: MessageSource,
  bytes: Buffer | null,
  decoder: DecoderName,
  bytesMax: number = PAYLOAD_BYTES,
): Promise<FullPayload> {
  try {
    decodePayload(bytes, decoder, schemas)
  } catch (error) {
    if (!(error instanceof SchemaWanted)) throw error
    await schemas.load(error.id)
  }
  return formatPayload(bytes, decoder, schemas, bytesMax)
}
