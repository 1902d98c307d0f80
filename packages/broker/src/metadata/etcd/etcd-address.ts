/** Where etcd is, and by which name and trust it is spoken to. */
export interface EtcdAddress {
  /** `http://host:port` or `https://host:port`, of one or more members of one etcd cluster. */
  readonly endpoints: readonly string[]
  /** What stands before all keys: '' or `/name`, so that several clusters share one etcd. */
  readonly namespace: string
  readonly credentials: { readonly username: string; readonly password: string } | null
  /** PEM texts; null leaves trust to the system. */
  readonly tls: { readonly ca: string | null; readonly cert: string | null; readonly key: string | null }
}

const MEMBERS = /^(https?):\/\/([^/,]+(?:\/?,(?:https?:\/\/)?[^/,]+)*)(\/[^/,][^,]*?)?\/?$/

/**
 * Reads `http://h1:2379,h2:2379/namespace`. Members after the first have its scheme, and may repeat it, and each may end with
 * a slash, as etcd's own tools have it; the namespace stands once, after the last. Null where it is none.
 */
export function parseEtcdUrl(text: string): Pick<EtcdAddress, 'endpoints' | 'namespace'> | null {
  const match = MEMBERS.exec(text)
  if (match === null) return null
  const [, scheme, hosts, namespace = ''] = match
  const endpoints = hosts!.split(/\/?,/).map((host) => (host.includes('://') ? host : `${scheme}://${host}`))
  const isMember = (endpoint: string) => endpoint.startsWith(`${scheme}://`) && URL.canParse(endpoint)
  return endpoints.every(isMember) ? { endpoints, namespace } : null
}
