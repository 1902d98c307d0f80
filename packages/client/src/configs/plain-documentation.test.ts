import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainDocumentation } from './plain-documentation.ts'

test('tags of a web page go, what is meant by them stays, and a name in angle brackets is no tag', () => {
  assert.equal(
    plainDocumentation(
      'The level if it is set to <code>gzip</code>, see <a href="#x">there</a>:<ul><li>one</li> <li>a &lt; b</li></ul>',
    ),
    'The level if it is set to gzip, see there: one a < b',
  )
  const plain = 'Where to listen, as <name>://host:port. 1 < 2.'
  assert.equal(plainDocumentation(plain), plain)
})
