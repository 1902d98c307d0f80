/** What a console can be told, as JSON: clusters, users, sign-in. The table that the file of `odradek console --config` is checked by. */
import { z } from 'zod'
import { oidcSettings } from './access/oidc.ts'

const tls = z.strictObject({
  ca: z.string().optional(),
  cert: z.string().optional(),
  key: z.string().optional(),
  passphrase: z.string().optional(),
  rejectUnauthorized: z.boolean().optional(),
  servername: z.string().optional(),
})

const sasl = z.strictObject({
  mechanism: z.enum(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER']),
  username: z.string().optional(),
  password: z.string().optional(),
  token: z.string().optional(),
})

export const clusterSettings = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower case letters, digits and hyphens'),
  name: z.string().min(1).max(100).optional(),
  environment: z.strictObject({ name: z.string().min(1).max(40), color: z.string().min(1).max(40) }).optional(),
  bootstrap: z.array(z.string().min(1)).min(1),
  readOnly: z.boolean().optional(),
  adminAddress: z.string().optional(),
  clientId: z.string().min(1).optional(),
  /** Files of certificates are read by whoever reads the settings; these are PEM texts. */
  tls: tls.optional(),
  sasl: sasl.optional(),
  requestTimeoutMs: z.int().min(1).optional(),
  connectTimeoutMs: z.int().min(1).optional(),
})

export const consoleSettings = z.strictObject({
  clusters: z.array(clusterSettings).min(1),
  readOnly: z.boolean().optional(),
  /** The file of the local users. */
  users: z.string().min(1).optional(),
  oidc: oidcSettings.optional(),
  publicUrl: z.url().optional(),
  /** Hosts that webhooks of alerts may be at; `*` stands for any characters. */
  webhookHosts: z.array(z.string().min(1).max(300)).max(100).optional(),
})
