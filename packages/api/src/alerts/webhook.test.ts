import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ConsoleKey } from '../access/console-key.ts'
import { callWebhook, shownAddress, webhookProblem } from './webhook.ts'

async function receiver(listener: RequestListener) {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/hook?token=t0ken`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

test('only http and https, no credentials in it, no link-local address, only hosts that are allowed', () => {
  for (const bad of ['file:///etc/passwd', 'ftp://x/', 'gopher://x', 'javascript:1', 'http://', 'hooks.example.org']) {
    assert.notEqual(webhookProblem(bad, undefined), null, bad)
  }
  assert.match(webhookProblem('https://ada:secret@example.org/', undefined) ?? '', /user name/)
  for (const host of ['169.254.169.254', '2852039166', '0xA9FEA9FE', '[fe80::1]', '[::ffff:169.254.169.254]']) {
    assert.match(webhookProblem(`http://${host}/latest`, undefined) ?? '', /link-local/, host)
  }
  assert.equal(webhookProblem('http://10.0.0.7:8080/hook', undefined), null)
  assert.equal(webhookProblem('https://a.example.org/', ['*.example.org']), null)
  assert.match(webhookProblem('https://example.com/', ['*.example.org']) ?? '', /none of the hosts/)
  assert.equal(shownAddress('https://hooks.example.org/T0/B1?x=secret'), 'https://hooks.example.org/…')
})

test('a call has its body signed and an id of its own; the answer is a status and nothing more', async () => {
  const seen: { text: string; headers: IncomingMessage['headers'] }[] = []
  await using hook = await receiver(async (request, response) => {
    seen.push({ text: await textOf(request), headers: request.headers })
    response.writeHead(202).end('internal words')
  })
  const result = await callWebhook({ url: hook.url, secret: 's3' }, '{"a":1}', 'delivery 1', undefined)
  assert.deepEqual(result, { status: 202, error: null, isFinal: true })
  assert.equal(seen[0]?.text, '{"a":1}')
  assert.equal(seen[0]?.headers['odradek-delivery'], 'delivery 1')
  const signature = createHmac('sha256', 's3').update('{"a":1}').digest('hex')
  assert.equal(seen[0]?.headers['odradek-signature'], `sha256=${signature}`)
  await callWebhook({ url: hook.url, secret: null }, '{}', 'delivery 2', undefined)
  assert.equal(seen[1]?.headers['odradek-signature'], undefined)
})

test('a redirect is not followed, a refusal is final, a busy receiver is tried again', async () => {
  let status = 302
  let calls = 0
  await using hook = await receiver((_, response) => {
    calls += 1
    response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end()
  })
  const call = () => callWebhook({ url: hook.url, secret: null }, '{}', 'd', undefined)
  assert.deepEqual(await call(), { status: 302, error: 'It answers 302; redirects are not followed.', isFinal: true })
  status = 404
  assert.equal((await call()).isFinal, true)
  status = 503
  assert.equal((await call()).isFinal, false)
  status = 429
  assert.equal((await call()).isFinal, false)
  assert.equal(calls, 4)
  const away = await callWebhook({ url: 'http://127.0.0.1:1/', secret: null }, '{}', 'd', undefined)
  assert.deepEqual([away.status, away.isFinal], [null, false])
})

test('what is sealed can be opened by the same file for the same purpose alone', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'odradek-key-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'sub', 'console.key')
  assert.equal(new ConsoleKey(path).open('AAAA', 'x'), null)
  assert.throws(() => statSync(path), 'opening makes no key')
  const sealed = new ConsoleKey(path).seal('https://example.org/secret', 'rule 1')
  assert.doesNotMatch(Buffer.from(sealed, 'base64').toString('latin1'), /example|secret/)
  assert.equal(new ConsoleKey(path).open(sealed, 'rule 1')?.text, 'https://example.org/secret')
  assert.equal(new ConsoleKey(path).open(sealed, 'rule 2'), null)
  assert.equal(new ConsoleKey(join(folder, 'other.key')).open(sealed, 'rule 1'), null)
  assert.equal(new ConsoleKey(null).open(sealed, 'rule 1'), null)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  const own = new ConsoleKey(null)
  assert.deepEqual(own.open(own.seal('text', 'p'), 'p'), { text: 'text', isOld: false })
})
