import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pageAddress } from './page-address.ts'

test('the address of a page is what was asked for, without what Next adds', () => {
  assert.equal(pageAddress('/local/topics/a%2Fb%20%E8%AE%A2'), '/local/topics/a%2Fb%20%E8%AE%A2')
  assert.equal(pageAddress('/local/topics?q=a%26b&_rsc=1x2&page=2'), '/local/topics?q=a%26b&page=2')
  assert.equal(pageAddress('/local?_rsc=abc'), '/local')
  assert.equal(pageAddress('/'), '/')
})
