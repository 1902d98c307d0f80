/*
 * What the broker takes from the machine that Node has no word for. One file, N-API only.
 *
 *   crc32c(buffer, start, end)                    the CRC-32C of a range, unsigned
 *   walkRecords(buffer, start, end, count, baseTimestamp, earliest, latest, keysRequired)
 *                                                 the greatest timestamp of a batch's records, or NaN where they are not plainly well
 *   sendfile(socket, file, position, length)      bytes sent (0: the file ends before), or -errno
 *   fallocate(file, position, length)             0 or -errno; the file's size stays
 *   readCached(file, buffer, start, end, position) bytes read without waiting for the disk, or -errno (-EAGAIN: some are not in memory)
 *   isCached(file, position, length)              whether all of a range is in memory; true where the system cannot say
 *   write(file, buffer, start, end, position, zerosTo) bytes written, of the range and then of zeros up to zerosTo, or -errno
 *   send(socket, buffer, start, end)              bytes that the socket took without waiting, or -errno
 *   syncFileSystem(file)                          a promise of 0, or -errno: all that is on the file system of a file is durable
 *   startWriteback(file, position, length)        a promise of 0, or -errno: a range is on its way to the disk, not durable yet
 *   raiseFileLimit(wanted)                        how many files the process may have open, after raising that towards `wanted`
 *   shortenSlice(nanoseconds)                     0 or -errno: the calling thread has shorter turns of the processor, and sooner
 *   errno                                         the numbers of the errors that callers tell apart
 *
 * Positions and lengths are doubles, exact to 2^53.
 */
#define _GNU_SOURCE
#define NAPI_VERSION 8
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/sendfile.h>
#include <sys/syscall.h>
#endif

/* ---- CRC-32C: reflected polynomial 0x82f63b78 ---- */

typedef uint32_t (*crc_update)(uint32_t crc, const uint8_t *bytes, size_t length);

static uint32_t byte_tables[8][256];

static void make_byte_tables(void) {
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0x82f63b78u : crc >> 1;
    byte_tables[0][byte] = crc;
  }
  for (int table = 1; table < 8; table++)
    for (int byte = 0; byte < 256; byte++) {
      uint32_t before = byte_tables[table - 1][byte];
      byte_tables[table][byte] = (before >> 8) ^ byte_tables[0][before & 255];
    }
}

static uint32_t update_by_tables(uint32_t crc, const uint8_t *bytes, size_t length) {
  for (; length >= 8; bytes += 8, length -= 8) {
    uint32_t low = crc ^ ((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24);
    crc = byte_tables[7][low & 255] ^ byte_tables[6][low >> 8 & 255] ^ byte_tables[5][low >> 16 & 255] ^
          byte_tables[4][low >> 24] ^ byte_tables[3][bytes[4]] ^ byte_tables[2][bytes[5]] ^ byte_tables[1][bytes[6]] ^
          byte_tables[0][bytes[7]];
  }
  while (length--) crc = crc >> 8 ^ byte_tables[0][(crc ^ *bytes++) & 255];
  return crc;
}

#if defined(__x86_64__) || (defined(__aarch64__) && (defined(__linux__) || defined(__APPLE__)))
#define HAS_CRC_INSTRUCTION 1
#if defined(__x86_64__)
#include <nmmintrin.h>
#define CRC_TARGET __attribute__((target("sse4.2")))
#define CRC_BYTE(crc, byte) _mm_crc32_u8(crc, byte)
#define CRC_WORD(crc, word) ((uint32_t)_mm_crc32_u64(crc, word))
static int has_crc_instruction(void) { return __builtin_cpu_supports("sse4.2"); }
#else
#include <arm_acle.h>
#if defined(__APPLE__)
#define CRC_TARGET
static int has_crc_instruction(void) { return 1; }
#else
#include <sys/auxv.h>
#define CRC_TARGET __attribute__((target("+crc")))
static int has_crc_instruction(void) { return (getauxval(AT_HWCAP) & (1 << 7)) != 0; }
#endif
#define CRC_BYTE(crc, byte) __crc32cb(crc, byte)
#define CRC_WORD(crc, word) __crc32cd(crc, word)
#endif

/*
 * The instruction takes three cycles but a new one can begin in each, so three stretches of bytes are summed side by side
 * and put together: appending n zero bytes to a sum is a linear map of its 32 bits, kept here as four tables of a byte each.
 */
#define LONG_STRETCH 4096
#define SHORT_STRETCH 256
static uint32_t append_long[4][256], append_short[4][256];

static inline uint64_t word_at(const uint8_t *bytes) {
  uint64_t word;
  memcpy(&word, bytes, 8);
  return word;
}

CRC_TARGET static void make_append_tables(uint32_t tables[4][256], size_t zeros) {
  for (int part = 0; part < 4; part++) {
    tables[part][0] = 0;
    for (int bit = 0; bit < 8; bit++) {
      uint32_t crc = 1u << (8 * part + bit);
      for (size_t done = 0; done < zeros; done += 8) crc = CRC_WORD(crc, 0);
      for (int below = 0; below < 1 << bit; below++) tables[part][(1 << bit) + below] = tables[part][below] ^ crc;
    }
  }
}

static inline uint32_t append_zeros(uint32_t tables[4][256], uint32_t crc) {
  return tables[0][crc & 255] ^ tables[1][crc >> 8 & 255] ^ tables[2][crc >> 16 & 255] ^ tables[3][crc >> 24];
}

CRC_TARGET static inline uint32_t update_three(uint32_t crc, const uint8_t *bytes, size_t stretch, uint32_t tables[4][256]) {
  uint32_t second = 0, third = 0;
  for (size_t at = 0; at < stretch; at += 8) {
    crc = CRC_WORD(crc, word_at(bytes + at));
    second = CRC_WORD(second, word_at(bytes + at + stretch));
    third = CRC_WORD(third, word_at(bytes + at + 2 * stretch));
  }
  crc = append_zeros(tables, crc) ^ second;
  return append_zeros(tables, crc) ^ third;
}

CRC_TARGET static uint32_t update_by_instruction(uint32_t crc, const uint8_t *bytes, size_t length) {
  for (; length >= 3 * LONG_STRETCH; bytes += 3 * LONG_STRETCH, length -= 3 * LONG_STRETCH)
    crc = update_three(crc, bytes, LONG_STRETCH, append_long);
  for (; length >= 3 * SHORT_STRETCH; bytes += 3 * SHORT_STRETCH, length -= 3 * SHORT_STRETCH)
    crc = update_three(crc, bytes, SHORT_STRETCH, append_short);
  for (; length >= 8; bytes += 8, length -= 8) crc = CRC_WORD(crc, word_at(bytes));
  while (length--) crc = CRC_BYTE(crc, *bytes++);
  return crc;
}
#endif

static crc_update update = update_by_tables;

static void choose_crc(void) {
  make_byte_tables();
#ifdef HAS_CRC_INSTRUCTION
  if (has_crc_instruction()) {
    make_append_tables(append_long, LONG_STRETCH);
    make_append_tables(append_short, SHORT_STRETCH);
    update = update_by_instruction;
  }
#endif
}

/* ---- arguments ---- */

static double number_at(napi_env env, napi_value value) {
  double number = -1;
  napi_get_value_double(env, value, &number);
  return number;
}

static napi_value number_of(napi_env env, double number) {
  napi_value value;
  napi_create_double(env, number, &value);
  return value;
}

/* Finds the bytes [start, end) of a Uint8Array; 0 and an exception where they are not in it. */
static int find_range(napi_env env, napi_value array, napi_value from, napi_value to, uint8_t **found, size_t *length) {
  void *bytes = NULL;
  size_t size = 0;
  double start = number_at(env, from), end = number_at(env, to);
  napi_status status = napi_get_buffer_info(env, array, &bytes, &size);
  if (status != napi_ok || !(start >= 0) || !(end >= start) || end > (double)size) {
    napi_throw_range_error(env, NULL, "No such range of a Uint8Array");
    return 0;
  }
  *found = (uint8_t *)bytes + (size_t)start;
  *length = (size_t)(end - start);
  return 1;
}

/* ---- records of a batch ---- */

/* The shortest record behind its length: attributes, timestamp, offset, key, value and headers of a byte each. */
#define RECORD_BYTES_MIN 6
#define VARINT_BYTES_MAX 5
/* 56 bits: no timestamp that a number of JavaScript holds is as far from another. */
#define VARLONG_BYTES_MAX 8

static inline int64_t unzigzag(uint64_t raw) { return (int64_t)(raw >> 1) ^ -(int64_t)(raw & 1); }

/* Reads a zigzag number of at most `most` bytes; NULL where it is longer, or ends behind `end`. */
static inline const uint8_t *read_zigzag(const uint8_t *at, const uint8_t *end, int most, int64_t *value) {
  uint64_t raw = 0;
  /* Nearly all numbers have one byte or two. */
  if (end - at >= 2 && at[0] < 0x80) {
    *value = unzigzag(at[0]);
    return at + 1;
  }
  if (end - at >= 2 && at[1] < 0x80) {
    *value = unzigzag((uint64_t)(at[0] & 0x7f) | (uint64_t)at[1] << 7);
    return at + 2;
  }
  for (int shift = 0; shift < 7 * most && at < end; shift += 7) {
    uint8_t byte = *at++;
    raw |= (uint64_t)(byte & 0x7f) << shift;
    if (byte < 0x80) {
      *value = unzigzag(raw);
      return at;
    }
  }
  return NULL;
}

/* Where the bytes behind a length of at least `least` end; -1 is a length for "missing". NULL where they do not fit. */
static inline const uint8_t *skip_bytes(const uint8_t *at, const uint8_t *end, int64_t least) {
  int64_t length;
  at = read_zigzag(at, end, VARINT_BYTES_MAX, &length);
  if (at == NULL || length < least || length > end - at) return NULL;
  return length < 0 ? at : at + length;
}

static const uint8_t *skip_headers(const uint8_t *at, const uint8_t *end) {
  int64_t count;
  at = read_zigzag(at, end, VARINT_BYTES_MAX, &count);
  if (at == NULL || count < 0) return NULL;
  for (; at != NULL && count > 0; count--) {
    at = skip_bytes(at, end, 0);
    if (at != NULL) at = skip_bytes(at, end, -1);
  }
  return at;
}

/* What walk-records.ts asks of records, without its words: whether [at, end) is `count` of them that are well. */
static int walk_records(const uint8_t *at, const uint8_t *end, double count, double base, double earliest, double latest,
                        int keys_required, double *greatest) {
  int64_t length, delta, index = 0;
  for (; (double)index < count; index++) {
    at = read_zigzag(at, end, VARINT_BYTES_MAX, &length);
    if (at == NULL || length < RECORD_BYTES_MIN || length > end - at) return 0;
    const uint8_t *record_end = at + length;
    at = read_zigzag(at + 1, record_end, VARLONG_BYTES_MAX, &delta);
    if (at == NULL) return 0;
    double timestamp = base + (double)delta;
    if (timestamp != -1 && (timestamp < earliest || timestamp > latest)) return 0;
    if (timestamp > *greatest) *greatest = timestamp;
    at = read_zigzag(at, record_end, VARINT_BYTES_MAX, &delta);
    if (at == NULL || delta != index) return 0;
    at = skip_bytes(at, record_end, keys_required ? 0 : -1);
    if (at != NULL) at = skip_bytes(at, record_end, -1);
    if (at != NULL) at = skip_headers(at, record_end);
    if (at != record_end) return 0;
  }
  return at == end;
}

/* ---- functions ---- */

static napi_value js_crc32c(napi_env env, napi_callback_info info) {
  napi_value args[3];
  size_t count = 3, length = 0;
  uint8_t *bytes = NULL;
  napi_get_cb_info(env, info, &count, args, NULL, NULL);
  if (!find_range(env, args[0], args[1], args[2], &bytes, &length)) return NULL;
  return number_of(env, (double)(uint32_t)~update(~0u, bytes, length));
}

static napi_value js_walk_records(napi_env env, napi_callback_info info) {
  napi_value args[8];
  size_t count = 8, length = 0;
  uint8_t *bytes = NULL;
  bool keys_required = false;
  double greatest = -1;
  napi_get_cb_info(env, info, &count, args, NULL, NULL);
  if (!find_range(env, args[0], args[1], args[2], &bytes, &length)) return NULL;
  napi_get_value_bool(env, args[7], &keys_required);
  int well = walk_records(bytes, bytes + length, number_at(env, args[3]), number_at(env, args[4]), number_at(env, args[5]),
                          number_at(env, args[6]), keys_required, &greatest);
  return number_of(env, well ? greatest : NAN);
}

static napi_value js_sendfile(napi_env env, napi_callback_info info) {
  napi_value args[4];
  size_t count = 4;
  napi_get_cb_info(env, info, &count, args, NULL, NULL);
  int to = (int)number_at(env, args[0]), from = (int)number_at(env, args[1]);
  off_t position = (off_t)number_at(env, args[2]);
  size_t length = (size_t)number_at(env, args[3]);
#if defined(__linux__)
  ssize_t sent;
  do sent = sendfile(to, from, &position, length);
  while (sent < 0 && errno == EINTR);
  return number_of(env, sent < 0 ? -errno : (double)sent);
#elif defined(__APPLE__)
  off_t sent = (off_t)length;
  int failed = sendfile(from, to, position, &sent, NULL, 0);
  return number_of(env, failed != 0 && sent == 0 ? -errno : (double)sent);
#else
  (void)to, (void)from, (void)position, (void)length;
  return number_of(env, -ENOSYS);
#endif
}

/* A signal for a peer that is gone is for nobody: Node ignores it where the flag is not known. */
static napi_value js_send(napi_env env, napi_callback_info info) {
  napi_value args[4];
  size_t count = 4, length = 0;
  uint8_t *bytes = NULL;
  int flags = MSG_DONTWAIT;
#if defined(MSG_NOSIGNAL)
  flags |= MSG_NOSIGNAL;
#endif
  napi_get_cb_info(env, info, &count, args, NULL, NULL);
  if (!find_range(env, args[1], args[2], args[3], &bytes, &length)) return NULL;
  ssize_t sent;
  do sent = send((int)number_at(env, args[0]), bytes, length, flags);
  while (sent < 0 && errno == EINTR);
  return number_of(env, sent < 0 ? -errno : (double)sent);
}

/*
 * One system call for the bytes and the zeros behind them: what is one long write for the page cache gets long folios. What is
 * written in part is gone on with; an error ends it, and is told where nothing was written before.
 */
static const uint8_t zeros[64 * 1024];

static double write_with_zeros(int file, const uint8_t *bytes, size_t length, off_t position, size_t more) {
  size_t done = 0;
  while (done < length + more) {
    struct iovec parts[2];
    int count = 0;
    if (done < length) parts[count++] = (struct iovec){(void *)(bytes + done), length - done};
    size_t left = done < length ? more : length + more - done;
    if (left > 0) parts[count++] = (struct iovec){(void *)zeros, left < sizeof zeros ? left : sizeof zeros};
    ssize_t put = count == 1 ? pwrite(file, parts[0].iov_base, parts[0].iov_len, position + (off_t)done)
                             : pwritev(file, parts, count, position + (off_t)done);
    if (put > 0) done += (size_t)put;
    else if (put == 0 || errno != EINTR) return done > 0 || put == 0 ? (double)done : -errno;
  }
  return (double)done;
}

static napi_value js_write(napi_env env, napi_callback_info info) {
  napi_value args[6];
  size_t count = 6, length = 0;
  uint8_t *bytes = NULL;
  napi_get_cb_info(env, info, &count, args, NULL, NULL);
  if (!find_range(env, args[1], args[2], args[3], &bytes, &length)) return NULL;
  double position = number_at(env, args[4]), more = number_at(env, args[5]) - position - (double)length;
  return number_of(env, write_with_zeros((int)number_at(env, args[0]), bytes, length, (off_t)position, more > 0 ? (size_t)more : 0));
}

static napi_value js_fallocate(napi_env env, napi_callback_info info) {
  napi_value args[3];
  size_t count = 3;
  napi_get_cb_info(env, info, &count, args, NULL, NULL);
#if defined(__linux__)
  int file = (int)number_at(env, args[0]);
  int failed;
  do failed = fallocate(file, FALLOC_FL_KEEP_SIZE, (off_t)number_at(env, args[1]), (off_t)number_at(env, args[2]));
  while (failed != 0 && errno == EINTR);
  return number_of(env, failed != 0 ? -errno : 0);
#else
  return number_of(env, -ENOSYS);
#endif
}

static napi_value js_read_cached(napi_env env, napi_callback_info info) {
  napi_value args[5];
  size_t count = 5, length = 0;
  uint8_t *bytes = NULL;
  napi_get_cb_info(env, info, &count, args, NULL, NULL);
  if (!find_range(env, args[1], args[2], args[3], &bytes, &length)) return NULL;
#if defined(__linux__) && defined(RWF_NOWAIT)
  struct iovec into = {bytes, length};
  ssize_t got = preadv2((int)number_at(env, args[0]), &into, 1, (off_t)number_at(env, args[4]), RWF_NOWAIT);
  return number_of(env, got < 0 ? -errno : (double)got);
#else
  return number_of(env, -ENOSYS);
#endif
}

#if defined(__linux__)
#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif
struct cache_range { uint64_t position, length; };
struct cache_counts { uint64_t cached, dirty, writeback, evicted, recently_evicted; };

/* Linux 6.5 counts the pages of a range; before, one byte in every 64 KiB is tried. */
static int is_cached(int file, double position, double length) {
  const uint64_t page = 4096, first = (uint64_t)position / page, end = ((uint64_t)(position + length) + page - 1) / page;
  struct cache_range range = {first * page, (end - first) * page};
  struct cache_counts counts;
  if (length <= 0) return 1;
  if (syscall(SYS_cachestat, file, &range, &counts, 0) == 0) return counts.cached >= end - first;
  for (double at = position; at < position + length; at += 65536) {
    uint8_t byte;
    struct iovec into = {&byte, 1};
    if (preadv2(file, &into, 1, (off_t)at, RWF_NOWAIT) < 0 && errno == EAGAIN) return 0;
  }
  return 1;
}
#endif

static napi_value js_is_cached(napi_env env, napi_callback_info info) {
  napi_value args[3], value;
  size_t count = 3;
  napi_get_cb_info(env, info, &count, args, NULL, NULL);
#if defined(__linux__)
  napi_get_boolean(env, is_cached((int)number_at(env, args[0]), number_at(env, args[1]), number_at(env, args[2])), &value);
#else
  napi_get_boolean(env, 1, &value);
#endif
  return value;
}

/* What waits for the disk, in a thread of the pool. */
struct disk_work {
  napi_async_work work;
  napi_deferred deferred;
  int file;
  off_t position, length;
  int result;
};

static void run_file_system_sync(napi_env env, void *data) {
  struct disk_work *sync = data;
  (void)env;
#if defined(__linux__)
  sync->result = syncfs(sync->file) == 0 ? 0 : -errno;
#else
  sync->result = -ENOSYS;
#endif
}

/* Where the device's queue is full, it waits for room in that. */
static void run_writeback(napi_env env, void *data) {
  struct disk_work *range = data;
  (void)env;
#if defined(__linux__)
  int failed = sync_file_range(range->file, range->position, range->length, SYNC_FILE_RANGE_WRITE);
  range->result = failed == 0 ? 0 : -errno;
#else
  range->result = -ENOSYS;
#endif
}

static void end_disk_work(napi_env env, napi_status status, void *data) {
  struct disk_work *ended = data;
  napi_resolve_deferred(env, ended->deferred, number_of(env, status == napi_ok ? ended->result : -ECANCELED));
  napi_delete_async_work(env, ended->work);
  free(ended);
}

static napi_value begin_disk_work(napi_env env, const char *what, napi_async_execute_callback run, int file,
                                  double position, double length) {
  napi_value name, promise;
  struct disk_work *begun = calloc(1, sizeof *begun);
  if (begun == NULL) {
    napi_throw_error(env, "ENOMEM", "no memory for work of the disk");
    return NULL;
  }
  begun->file = file;
  begun->position = (off_t)position;
  begun->length = (off_t)length;
  napi_create_promise(env, &begun->deferred, &promise);
  napi_create_string_utf8(env, what, NAPI_AUTO_LENGTH, &name);
  if (napi_create_async_work(env, NULL, name, run, end_disk_work, begun, &begun->work) != napi_ok ||
      napi_queue_async_work(env, begun->work) != napi_ok) {
    napi_resolve_deferred(env, begun->deferred, number_of(env, -ENOMEM));
    if (begun->work != NULL) napi_delete_async_work(env, begun->work);
    free(begun);
  }
  return promise;
}

static napi_value js_sync_file_system(napi_env env, napi_callback_info info) {
  napi_value args[1];
  size_t count = 1;
  napi_get_cb_info(env, info, &count, args, NULL, NULL);
  return begin_disk_work(env, "syncFileSystem", run_file_system_sync, (int)number_at(env, args[0]), 0, 0);
}

static napi_value js_start_writeback(napi_env env, napi_callback_info info) {
  napi_value args[3];
  size_t count = 3;
  napi_get_cb_info(env, info, &count, args, NULL, NULL);
  double position = number_at(env, args[1]), length = number_at(env, args[2]);
  return begin_disk_work(env, "startWriteback", run_writeback, (int)number_at(env, args[0]), position, length);
}

/* Without privileges the soft limit rises to the hard one; with them both rise. 0 where the system cannot say. */
static napi_value js_raise_file_limit(napi_env env, napi_callback_info info) {
  napi_value args[1];
  size_t count = 1;
  napi_get_cb_info(env, info, &count, args, NULL, NULL);
  double wanted = number_at(env, args[0]);
  struct rlimit limit, raised;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return number_of(env, 0);
  if (wanted > 0 && limit.rlim_cur != RLIM_INFINITY && (double)limit.rlim_cur < wanted) {
    raised = limit;
    raised.rlim_cur = (rlim_t)wanted;
    if (raised.rlim_max != RLIM_INFINITY && raised.rlim_max < raised.rlim_cur) raised.rlim_max = raised.rlim_cur;
    if (setrlimit(RLIMIT_NOFILE, &raised) != 0 && limit.rlim_max > limit.rlim_cur) {
      raised = limit;
      raised.rlim_cur = limit.rlim_max;
      setrlimit(RLIMIT_NOFILE, &raised);
    }
    getrlimit(RLIMIT_NOFILE, &limit);
  }
  return number_of(env, limit.rlim_cur == RLIM_INFINITY ? wanted : (double)limit.rlim_cur);
}

#if defined(__linux__) && defined(SYS_sched_setattr)
/* sched_setattr(2), as far as Linux 3.14 knew it. */
struct slice_request {
  uint32_t size, policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime, deadline, period;
};
#define KEEPS_FOR_ITSELF 1 /* SCHED_FLAG_RESET_ON_FORK: threads and processes that it starts have what others have */

/* Of an ordinary thread, whose share of the processor stays; one that was given another policy keeps what it has. */
static int shorten_slice(uint64_t nanoseconds) {
  struct slice_request now = {.size = sizeof now};
  if (syscall(SYS_sched_getattr, 0, &now, sizeof now, 0) != 0) return -errno;
  if (now.policy != 0) return -EOPNOTSUPP;
  struct slice_request wanted = {.size = sizeof wanted, .flags = now.flags, .nice = now.nice, .runtime = nanoseconds};
  if (now.nice >= 0) wanted.flags |= KEEPS_FOR_ITSELF; /* it would take a better priority from them, too */
  return syscall(SYS_sched_setattr, 0, &wanted, 0) == 0 ? 0 : -errno;
}
#else
static int shorten_slice(uint64_t nanoseconds) {
  (void)nanoseconds;
  return -ENOSYS;
}
#endif

static napi_value js_shorten_slice(napi_env env, napi_callback_info info) {
  napi_value args[1];
  size_t count = 1;
  napi_get_cb_info(env, info, &count, args, NULL, NULL);
  double nanoseconds = number_at(env, args[0]);
  return number_of(env, nanoseconds > 0 ? shorten_slice((uint64_t)nanoseconds) : -EINVAL);
}

static void export_function(napi_env env, napi_value exports, const char *name, napi_callback call) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, call, NULL, &function);
  napi_set_named_property(env, exports, name, function);
}

static void export_errno(napi_env env, napi_value table, const char *name, int number) {
  napi_set_named_property(env, table, name, number_of(env, number));
}

static napi_value start(napi_env env, napi_value exports) {
  choose_crc();
  export_function(env, exports, "crc32c", js_crc32c);
  export_function(env, exports, "walkRecords", js_walk_records);
  export_function(env, exports, "sendfile", js_sendfile);
  export_function(env, exports, "send", js_send);
  export_function(env, exports, "write", js_write);
  export_function(env, exports, "fallocate", js_fallocate);
  export_function(env, exports, "readCached", js_read_cached);
  export_function(env, exports, "isCached", js_is_cached);
  export_function(env, exports, "syncFileSystem", js_sync_file_system);
  export_function(env, exports, "startWriteback", js_start_writeback);
  export_function(env, exports, "raiseFileLimit", js_raise_file_limit);
  export_function(env, exports, "shortenSlice", js_shorten_slice);
  napi_value numbers;
  napi_create_object(env, &numbers);
  export_errno(env, numbers, "EAGAIN", EAGAIN);
  export_errno(env, numbers, "ENOSYS", ENOSYS);
  export_errno(env, numbers, "EOPNOTSUPP", EOPNOTSUPP);
  export_errno(env, numbers, "ENOSPC", ENOSPC);
  export_errno(env, numbers, "EINVAL", EINVAL);
  napi_set_named_property(env, exports, "errno", numbers);
  return exports;
}

NAPI_MODULE(NODE_GYP_MODULE_NAME, start)
