import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { OptionError, readOptions } from './options.ts'

const folder = mkdtempSync(join(tmpdir(), 'odradek-options-'))
after(() => rmSync(folder, { recursive: true }))

/** A variable as the settings name it. */
function variable(name: string): string {
  return ['${', name, '}'].join('')
}

function read(settings: unknown) {
  const path = join(folder, 'console.json')
  writeFileSync(path, JSON.stringify(settings))
  const options = readOptions(['--config', path])
  assert.notEqual(options, 'help')
  return options as Exclude<typeof options, 'help'>
}

test('a secured cluster: certificates from files or as PEM, passwords from the environment', (t) => {
  writeFileSync(join(folder, 'ca.pem'), '-----BEGIN CERTIFICATE-----\nca\n-----END CERTIFICATE-----\n')
  process.env.ODRADEK_OPTIONS_PASSWORD = 'se"cret'
  t.after(() => delete process.env.ODRADEK_OPTIONS_PASSWORD)
  const pem = '-----BEGIN PRIVATE KEY-----\nkey\n-----END PRIVATE KEY-----\n'
  const cluster = {
    id: 'production',
    bootstrap: ['kafka:9093'],
    tls: { ca: 'ca.pem', key: pem },
    sasl: { mechanism: 'SCRAM-SHA-512', username: 'console', password: variable('ODRADEK_OPTIONS_PASSWORD') },
  }
  const [read0] = read({ port: 0, clusters: [cluster] }).console.clusters
  assert.deepEqual(read0, {
    ...cluster,
    tls: { ca: '-----BEGIN CERTIFICATE-----\nca\n-----END CERTIFICATE-----\n', key: pem },
    sasl: { ...cluster.sasl, password: 'se"cret' },
  })
})

test('what is missing or misspelt is said with its place', () => {
  const said = (settings: unknown) => {
    try {
      read(settings)
      return ''
    } catch (error) {
      assert.ok(error instanceof OptionError)
      return error.message.replace(folder, '')
    }
  }
  const cluster = { id: 'a', bootstrap: ['kafka:9093'] }
  assert.match(said({ clusters: [{ ...cluster, tls: { ca: 'none.pem' } }] }), /tls\.ca: .*none\.pem cannot be read/)
  const sasl = { mechanism: 'PLAIN', username: 'u', password: variable('ODRADEK_NOT_SET') }
  assert.match(said({ clusters: [{ ...cluster, sasl }] }), /the variable ODRADEK_NOT_SET is not set/)
  assert.match(said({ clusters: [{ ...cluster, sasl: { mechanism: 'GSSAPI' } }] }), /clusters\.0\.sasl\.mechanism/)
  assert.match(said({ clusters: [{ ...cluster, bootstrp: [] }] }), /bootstrp/)
  assert.match(said({ clusters: [] }), /clusters/)
})
