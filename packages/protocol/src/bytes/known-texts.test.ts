import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KnownTexts } from './known-texts.ts'

test('every text is read as it is, whatever was read before, also where texts share a slot', () => {
  const known = new KnownTexts()
  const texts = ['a', 'é', '主题', 'x'.repeat(64), 'y'.repeat(65), 'orders', 'ordesr', 'o-ders', '\u{1f600}', '\0']
  for (let at = 0; at < 3000; at++) texts.push(`topic-${at}`)
  for (let round = 0; round < 2; round++) {
    for (const text of texts) {
      const buffer = Buffer.from(`ab${text}c`)
      for (let again = 0; again < 2; again++) assert.equal(known.read(buffer, 2, buffer.length - 1), text)
    }
  }
})

test('bytes that are no UTF-8 are read as Buffer reads them', () => {
  const known = new KnownTexts()
  const bytes = Buffer.from([0x61, 0xff, 0xc3, 0x28])
  for (let again = 0; again < 2; again++) assert.equal(known.read(bytes, 0, 4), bytes.toString('utf8'))
})

test('a text that was read does not change with the buffer it came from', () => {
  const known = new KnownTexts()
  const buffer = Buffer.from('first')
  assert.equal(known.read(buffer, 0, 5), 'first')
  buffer.write('fierst'.slice(0, 5))
  assert.equal(known.read(buffer, 0, 5), 'fiers')
  assert.equal(known.read(Buffer.from('first'), 0, 5), 'first')
})
