/** Passwords as scrypt keeps them: `scrypt$N$r$p$salt$hash`, salt and hash in base64url. */
import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'

const COST = 2 ** 15
const BLOCK_SIZE = 8
const PARALLELISM = 1
const HASH_BYTES = 32
const SALT_BYTES = 16
/** scrypt takes 128 × N × r bytes: 32 MiB here. A file that asks for more than four times that is not ours. */
const MEMORY_BYTES_MAX = 128 * 1024 * 1024
export const PASSWORD_LENGTH_MIN = 8
const PASSWORD_LENGTH_MAX = 1024

/** Hashes a password; throws a RangeError whose message says what is wrong with it. */
export async function hashPassword(password: string): Promise<string> {
  const { length } = password
  if (length < PASSWORD_LENGTH_MIN || length > PASSWORD_LENGTH_MAX) {
    throw new RangeError(`A password has ${PASSWORD_LENGTH_MIN} to ${PASSWORD_LENGTH_MAX} characters, not ${length}.`)
  }
  const salt = randomBytes(SALT_BYTES)
  const hash = await derive(password, salt, COST, BLOCK_SIZE, PARALLELISM)
  return ['scrypt', COST, BLOCK_SIZE, PARALLELISM, salt.toString('base64url'), hash.toString('base64url')].join('$')
}

/** Whether a password is the one that was hashed. Takes as long for a hash that cannot be read. */
export async function isPassword(password: string, hashed: string | null): Promise<boolean> {
  const parsed = parse(hashed ?? '')
  const { cost, blockSize, parallelism, salt, hash } = parsed ?? unknown
  const given = await derive(password.slice(0, PASSWORD_LENGTH_MAX), salt, cost, blockSize, parallelism)
  return timingSafeEqual(given, hash) && parsed !== null
}

/** Stands for the hash of a user who is not there. */
const unknown = {
  cost: COST,
  blockSize: BLOCK_SIZE,
  parallelism: PARALLELISM,
  salt: Buffer.alloc(SALT_BYTES),
  hash: Buffer.alloc(HASH_BYTES),
}

function parse(text: string): typeof unknown | null {
  const [kind, cost, blockSize, parallelism, salt, hash, ...rest] = text.split('$')
  if (kind !== 'scrypt' || rest.length > 0 || hash === undefined) return null
  const parsed = {
    cost: Number(cost),
    blockSize: Number(blockSize),
    parallelism: Number(parallelism),
    salt: Buffer.from(salt ?? '', 'base64url'),
    hash: Buffer.from(hash, 'base64url'),
  }
  const bytes = 128 * parsed.cost * parsed.blockSize
  const isSane = parsed.hash.length === HASH_BYTES && bytes > 0 && bytes <= MEMORY_BYTES_MAX && parsed.parallelism === 1
  return isSane ? parsed : null
}

function derive(password: string, salt: Buffer, cost: number, blockSize: number, parallelism: number): Promise<Buffer> {
  const options: ScryptOptions = { N: cost, r: blockSize, p: parallelism, maxmem: 2 * MEMORY_BYTES_MAX }
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, HASH_BYTES, options, (error, hash) =>
      error ? reject(error) : resolve(hash),
    )
  })
}
