// SHA-256, SHA-512 (FIPS 180-4), SHA-1 (FIPS 180-4), MD5 (RFC 1321), CRC-32 (ISO-HDLC, as in zip and PNG).
#pragma once
#include "../common/base.h"

typedef enum { SHA256, SHA512, SHA1, MD5, CRC32, ALGORITHM_COUNT } Algorithm;

typedef struct {
  const char *name;
  // Bytes of the digest.
  size_t size;
} AlgorithmFacts;

extern const AlgorithmFacts ALGORITHMS[ALGORITHM_COUNT];

typedef struct {
  Algorithm algorithm;
  uint64_t total;
  union {
    uint32_t word32[8];
    uint64_t word64[8];
  };
  uint8_t block[128];
} Digest;

void digest_start(Digest *digest, Algorithm algorithm);
void digest_add(Digest *digest, const void *bytes, size_t len);
// Ends it; `into` takes `ALGORITHMS[algorithm].size` bytes.
void digest_end(Digest *digest, uint8_t *into);
