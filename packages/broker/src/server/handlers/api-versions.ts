/** ApiVersions (key 18, versions 0 to 4): what is served is what is advertised. An unknown version is answered before it gets here. */
import { ApiVersions, errors } from '@odradek/protocol'
import { handle } from '../exchange.ts'

/** KIP-511: what a client may call itself. */
const SOFTWARE = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/
const NAMED_VERSION = 3

export const apiVersions = handle(ApiVersions, (request, exchange, broker) => {
  const { clientSoftwareName, clientSoftwareVersion } = request
  if (exchange.version >= NAMED_VERSION) {
    if (!SOFTWARE.test(clientSoftwareName) || !SOFTWARE.test(clientSoftwareVersion)) {
      return { errorCode: errors.INVALID_REQUEST.code, apiKeys: [] }
    }
    exchange.connection.softwareName = clientSoftwareName
    exchange.connection.softwareVersion = clientSoftwareVersion
  }
  const apiKeys: { apiKey: number; minVersion: number; maxVersion: number }[] = []
  for (const { api } of broker.handlers.values()) {
    apiKeys.push({ apiKey: api.key, minVersion: api.advertisedFrom, maxVersion: api.versions[1] })
  }
  return { errorCode: 0, apiKeys }
})
