#include "digest.h"

#include <string.h>

const AlgorithmFacts ALGORITHMS[ALGORITHM_COUNT] = {{"sha256", 32}, {"sha512", 64}, {"sha1", 20}, {"md5", 16}, {"crc32", 4}};

static const uint32_t K256[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static const uint64_t K512[80] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc, 0x3956c25bf348b538,
    0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118, 0xd807aa98a3030242, 0x12835b0145706fbe,
    0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2, 0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235,
    0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5, 0x983e5152ee66dfab,
    0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4, 0xc6e00bf33da88fc2, 0xd5a79147930aa725,
    0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed,
    0x53380d139d95b3df, 0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218,
    0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8, 0x19a4c116b8d2d0c8, 0x1e376c085141ab53,
    0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373,
    0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b, 0xca273eceea26619c,
    0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba, 0x0a637dc5a2c898a6,
    0x113f9804bef90dae, 0x1b710b35131c471b, 0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc,
    0x431d67c49c100d4c, 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};

static const uint32_t MD5_SINES[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

static uint32_t right32(uint32_t x, int n) { return x >> n | x << (32 - n); }
static uint32_t left32(uint32_t x, int n) { return x << n | x >> (32 - n); }
static uint64_t right64(uint64_t x, int n) { return x >> n | x << (64 - n); }

static uint32_t big32(const uint8_t *b) { return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3]; }
static uint32_t little32(const uint8_t *b) { return (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0]; }
static uint64_t big64(const uint8_t *b) { return (uint64_t)big32(b) << 32 | big32(b + 4); }

static void sha256_block(uint32_t *state, const uint8_t *block) {
  uint32_t w[64], s[8];
  for (int i = 0; i < 16; i++) w[i] = big32(block + 4 * i);
  for (int i = 16; i < 64; i++) {
    uint32_t a = w[i - 15], b = w[i - 2];
    w[i] = w[i - 16] + (right32(a, 7) ^ right32(a, 18) ^ a >> 3) + w[i - 7] + (right32(b, 17) ^ right32(b, 19) ^ b >> 10);
  }
  memcpy(s, state, sizeof s);
  for (int i = 0; i < 64; i++) {
    uint32_t sum1 = right32(s[4], 6) ^ right32(s[4], 11) ^ right32(s[4], 25);
    uint32_t t1 = s[7] + sum1 + ((s[4] & s[5]) ^ (~s[4] & s[6])) + K256[i] + w[i];
    uint32_t sum0 = right32(s[0], 2) ^ right32(s[0], 13) ^ right32(s[0], 22);
    uint32_t t2 = sum0 + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
    memmove(s + 1, s, 7 * sizeof *s);
    s[4] += t1;
    s[0] = t1 + t2;
  }
  for (int i = 0; i < 8; i++) state[i] += s[i];
}

static void sha512_block(uint64_t *state, const uint8_t *block) {
  uint64_t w[80], s[8];
  for (int i = 0; i < 16; i++) w[i] = big64(block + 8 * i);
  for (int i = 16; i < 80; i++) {
    uint64_t a = w[i - 15], b = w[i - 2];
    w[i] = w[i - 16] + (right64(a, 1) ^ right64(a, 8) ^ a >> 7) + w[i - 7] + (right64(b, 19) ^ right64(b, 61) ^ b >> 6);
  }
  memcpy(s, state, sizeof s);
  for (int i = 0; i < 80; i++) {
    uint64_t sum1 = right64(s[4], 14) ^ right64(s[4], 18) ^ right64(s[4], 41);
    uint64_t t1 = s[7] + sum1 + ((s[4] & s[5]) ^ (~s[4] & s[6])) + K512[i] + w[i];
    uint64_t sum0 = right64(s[0], 28) ^ right64(s[0], 34) ^ right64(s[0], 39);
    uint64_t t2 = sum0 + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
    memmove(s + 1, s, 7 * sizeof *s);
    s[4] += t1;
    s[0] = t1 + t2;
  }
  for (int i = 0; i < 8; i++) state[i] += s[i];
}

static void sha1_block(uint32_t *state, const uint8_t *block) {
  static const uint32_t constants[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
  uint32_t w[80], a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
  for (int i = 0; i < 16; i++) w[i] = big32(block + 4 * i);
  for (int i = 16; i < 80; i++) w[i] = left32(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  for (int i = 0; i < 80; i++) {
    int phase = i / 20;
    uint32_t f = phase == 0 ? (b & c) | (~b & d) : phase == 2 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
    uint32_t next = left32(a, 5) + f + e + constants[phase] + w[i];
    e = d;
    d = c;
    c = left32(b, 30);
    b = a;
    a = next;
  }
  const uint32_t add[5] = {a, b, c, d, e};
  for (int i = 0; i < 5; i++) state[i] += add[i];
}

static void md5_block(uint32_t *state, const uint8_t *block) {
  static const uint8_t shifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
  uint32_t x[16], a = state[0], b = state[1], c = state[2], d = state[3];
  for (int i = 0; i < 16; i++) x[i] = little32(block + 4 * i);
  for (int i = 0; i < 64; i++) {
    uint32_t f;
    int k;
    switch (i / 16) {
      case 0: f = (b & c) | (~b & d); k = i; break;
      case 1: f = (d & b) | (~d & c); k = (5 * i + 1) % 16; break;
      case 2: f = b ^ c ^ d; k = (3 * i + 5) % 16; break;
      default: f = c ^ (b | ~d); k = 7 * i % 16; break;
    }
    f += a + MD5_SINES[i] + x[k];
    a = d;
    d = c;
    c = b;
    b += left32(f, shifts[i / 16][i % 4]);
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
}

static uint32_t crc32_bytes(uint32_t crc, const uint8_t *bytes, size_t len) {
  static uint32_t table[256];
  if (!table[1]) {
    for (uint32_t i = 0; i < 256; i++) {
      uint32_t entry = i;
      for (int bit = 0; bit < 8; bit++) entry = entry & 1 ? entry >> 1 ^ 0xedb88320 : entry >> 1;
      table[i] = entry;
    }
  }
  for (size_t i = 0; i < len; i++) crc = crc >> 8 ^ table[(crc ^ bytes[i]) & 0xff];
  return crc;
}

void digest_start(Digest *digest, Algorithm algorithm) {
  static const uint32_t words[] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  static const uint32_t words256[] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  static const uint64_t words512[] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
                                      0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
  memset(digest, 0, sizeof *digest);
  digest->algorithm = algorithm;
  switch (algorithm) {
    case SHA256: memcpy(digest->word32, words256, sizeof words256); return;
    case SHA512: memcpy(digest->word64, words512, sizeof words512); return;
    case SHA1:
    case MD5: memcpy(digest->word32, words, sizeof words); return;
    case CRC32: digest->word32[0] = 0xffffffff; return;
    case ALGORITHM_COUNT: return;
  }
}

static size_t block_size(Algorithm algorithm) { return algorithm == SHA512 ? 128 : 64; }

static void block(Digest *digest, const uint8_t *bytes) {
  if (digest->algorithm == SHA256) sha256_block(digest->word32, bytes);
  if (digest->algorithm == SHA512) sha512_block(digest->word64, bytes);
  if (digest->algorithm == SHA1) sha1_block(digest->word32, bytes);
  if (digest->algorithm == MD5) md5_block(digest->word32, bytes);
}

void digest_add(Digest *digest, const void *from, size_t len) {
  const uint8_t *bytes = from;
  size_t size = block_size(digest->algorithm), held = (size_t)(digest->total % size);
  digest->total += len;
  if (digest->algorithm == CRC32) {
    digest->word32[0] = crc32_bytes(digest->word32[0], bytes, len);
    return;
  }
  while (len > 0) {
    if (held == 0 && len >= size) {
      block(digest, bytes);
      bytes += size;
      len -= size;
      continue;
    }
    size_t part = size - held < len ? size - held : len;
    memcpy(digest->block + held, bytes, part);
    held += part;
    bytes += part;
    len -= part;
    if (held == size) {
      block(digest, digest->block);
      held = 0;
    }
  }
}

void digest_end(Digest *digest, uint8_t *into) {
  Algorithm algorithm = digest->algorithm;
  if (algorithm == CRC32) {
    uint32_t crc = ~digest->word32[0];
    for (int i = 0; i < 4; i++) into[i] = (uint8_t)(crc >> (24 - 8 * i));
    return;
  }
  static const uint8_t zeros[128];
  size_t size = block_size(algorithm), length_size = size / 8;
  uint64_t bits = digest->total * 8;
  size_t held = (size_t)(digest->total % size);
  digest_add(digest, "\x80", 1);
  held++;
  size_t pad = (held <= size - length_size ? size - length_size : 2 * size - length_size) - held;
  digest_add(digest, zeros, pad);
  uint8_t length[16] = {0};
  for (size_t i = 0; i < 8; i++) {
    length[algorithm == MD5 ? i : length_size - 1 - i] = (uint8_t)(bits >> (8 * i));
  }
  digest_add(digest, length, length_size);
  for (size_t i = 0; i < ALGORITHMS[algorithm].size; i++) {
    if (algorithm == SHA512) {
      into[i] = (uint8_t)(digest->word64[i / 8] >> (56 - 8 * (i % 8)));
    } else if (algorithm == MD5) {
      into[i] = (uint8_t)(digest->word32[i / 4] >> (8 * (i % 4)));
    } else {
      into[i] = (uint8_t)(digest->word32[i / 4] >> (24 - 8 * (i % 4)));
    }
  }
}
