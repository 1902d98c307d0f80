import assert from 'node:assert/strict'
import { test } from 'node:test'
import { axisLabels, durationText, exactNumber, shortBytes, shortCount } from './numbers.ts'

const spaced = (text: string) => text.replaceAll('\u202f', ' ')

test('numbers are exact to the last digit of an int64', () => {
  assert.equal(spaced(exactNumber(1_234_567)), '1 234 567')
  assert.equal(spaced(exactNumber(9_007_199_254_740_993n)), '9 007 199 254 740 993')
  assert.equal(spaced(exactNumber('-9223372036854775808')), '-9 223 372 036 854 775 808')
  assert.equal(exactNumber(12.5), '12.5')
})

test('a count is short from ten thousand on, and says when it is not exact', () => {
  assert.deepEqual(shortCount(999), { text: '999', unit: '', exact: true })
  assert.deepEqual(shortCount(0), { text: '0', unit: '', exact: true })
  assert.deepEqual(
    { ...shortCount(9999), text: spaced(shortCount(9999).text) },
    { text: '9 999', unit: '', exact: true },
  )
  assert.deepEqual(shortCount(12_345), { text: '12.3', unit: 'k', exact: false })
  assert.deepEqual(shortCount(1_200_000), { text: '1.20', unit: 'M', exact: true })
  assert.deepEqual(shortCount(999_999), { text: '1.00', unit: 'M', exact: false })
  assert.deepEqual(shortCount(0.123), { text: '0.12', unit: '', exact: false })
})

test('the numbers of an axis share their unit', () => {
  assert.deepEqual(axisLabels([0, 5000, 10_000]), ['0', '5k', '10k'])
  assert.deepEqual(axisLabels([0, 2500, 5000, 7500]).map(spaced), ['0', '2 500', '5 000', '7 500'])
  assert.deepEqual(axisLabels([0, 500_000, 1_000_000, 1_500_000]), ['0', '0.5M', '1M', '1.5M'])
  assert.deepEqual(axisLabels([0, 250_000, 500_000, 750_000]), ['0', '250k', '500k', '750k'])
  assert.deepEqual(axisLabels([0, 0.25, 0.5]), ['0', '0.25', '0.5'])
  assert.deepEqual(axisLabels([0, 1]), ['0', '1'])
})

test('bytes in binary units', () => {
  assert.deepEqual(shortBytes(1023), { text: '1\u202f023', unit: 'B', exact: true })
  assert.deepEqual(shortBytes(1024), { text: '1.00', unit: 'KiB', exact: true })
  assert.deepEqual(shortBytes(1_073_741_824), { text: '1.00', unit: 'GiB', exact: true })
  assert.equal(shortBytes(68_300_000_000).text, '63.6')
})

test('a duration by its two largest units', () => {
  assert.equal(spaced(durationText(840)), '840 ms')
  assert.equal(spaced(durationText(1_500)), '1.5 s')
  assert.equal(spaced(durationText(604_800_000)), '7 d')
  assert.equal(spaced(durationText(9_000_000)), '2 h 30 min')
  assert.equal(spaced(durationText(-61_000)), '−1 min 1 s')
})
