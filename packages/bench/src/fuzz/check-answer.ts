/** What an answer must be, whatever was asked. */
import { apis, errors, isResponseHeaderFlexible, Reader, readResponseHeader, sliceOf } from '@odradek/protocol'

/** An answer that no request deserves; the message is one line. */
export class WrongAnswer extends Error {}

/**
 * Decodes `answer` (a frame with its length) as the answer to the frame `sent`.
 * @throws WrongAnswer where it is no answer to that, does not end where it should, or tells of an error of the broker's own
 */
export function checkAnswer(sent: Buffer, answer: Buffer): object {
  if (sent.length < 12) throw new WrongAnswer('a frame without a whole header was answered')
  const [apiKey, asked, correlationId] = [sent.readInt16BE(4), sent.readInt16BE(6), sent.readInt32BE(8)]
  const api = apis.get(apiKey)
  if (!api) throw new WrongAnswer(`API key ${apiKey} was answered`)
  // An unknown version of ApiVersions is answered as version 0; of no other API at all.
  const isKnown = asked >= api.versions[0] && asked <= api.versions[1]
  if (!isKnown && api.name !== 'ApiVersions') throw new WrongAnswer(`${api.name} version ${asked} was answered`)
  const version = isKnown ? asked : 0
  const { buffer, view } = sliceOf(answer)
  const reader = new Reader(buffer, view, 4, answer.length)
  let response: object
  try {
    const flexible = isResponseHeaderFlexible(apiKey, api.response.isFlexible(version))
    const answered = readResponseHeader(reader, flexible)
    if (answered !== correlationId) throw new WrongAnswer(`answer ${answered} came where ${correlationId} was due`)
    response = api.response.decode(reader, version)
  } catch (error) {
    if (error instanceof WrongAnswer) throw error
    throw new WrongAnswer(`${api.name} version ${version}: ${(error as Error).message}`)
  }
  if (reader.remaining > 0) throw new WrongAnswer(`${reader.remaining} bytes follow the ${api.name} answer`)
  if (hasUnknownServerError(response)) throw new WrongAnswer(`${api.name} version ${version}: UNKNOWN_SERVER_ERROR`)
  return response
}

function hasUnknownServerError(value: object): boolean {
  for (const [name, inner] of Object.entries(value)) {
    if (name === 'errorCode' && inner === errors.UNKNOWN_SERVER_ERROR.code) return true
    if (typeof inner !== 'object' || inner === null || Buffer.isBuffer(inner) || 'buffer' in inner) continue
    if (hasUnknownServerError(inner)) return true
  }
  return false
}
