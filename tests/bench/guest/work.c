/* What the bench runs on our hart and on the computer it runs on: a sieve, a byte hash, CRC-32, SHA-256 and recursion. */
typedef unsigned int u32;
typedef unsigned char u8;

enum { SIZE = 1000000 };
static u8 prime[SIZE];

__attribute__((noinline)) static u32 sieve(void) {
  for (u32 i = 0; i < SIZE; i++) prime[i] = i & 1;
  for (u32 i = 3; i * i < SIZE; i += 2)
    if (prime[i])
      for (u32 j = i * i; j < SIZE; j += i) prime[j] = 0;
  u32 count = 1;
  for (u32 i = 3; i < SIZE; i++) count += prime[i];
  return count;
}

__attribute__((noinline)) static u32 hash(void) {
  u32 h = 0x811c9dc5;
  for (u32 i = 0; i < SIZE; i++) {
    h = (h ^ prime[i]) * 0x01000193;
    h ^= h >> 13;
  }
  return h;
}

static u32 table[256];

__attribute__((noinline)) static u32 crc32(void) {
  for (u32 i = 0; i < 256; i++) {
    u32 c = i;
    for (int bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >> 1) : c >> 1;
    table[i] = c;
  }
  u32 c = ~0u;
  for (u32 i = 0; i < SIZE; i++) c = table[(c ^ prime[i]) & 255] ^ (c >> 8);
  return ~c;
}

/* SHA-256's compression (FIPS 180-4, 6.2.2) with constants computed here: the first 32 bits of fractional parts of cube roots. */
static u32 constants[64];

static void findConstants(void) {
  int found = 0;
  for (u32 p = 2; found < 64; p++) {
    if (p != 2 && !prime[p]) continue;
    /* The largest r with r * r * r <= p * 2^96, bit by bit, in 35 bits kept as 32-bit halves of 16. */
    unsigned long long r = 0;
    for (int bit = 34; bit >= 0; bit--) {
      unsigned long long t = r | 1ull << bit;
      unsigned long long square = (t >> 8) * (t >> 8);
      if ((square >> 32) * (t >> 16) <= (unsigned long long)p << 40) r = t;
    }
    constants[found++] = (u32)r;
  }
}

static u32 rotate(u32 x, int n) { return x >> n | x << (32 - n); }

static u32 state[8];

__attribute__((noinline)) static void compress(const u8 *at) {
  u32 w[64];
  for (int i = 0; i < 16; i++) w[i] = (u32)at[4 * i] << 24 | at[4 * i + 1] << 16 | at[4 * i + 2] << 8 | at[4 * i + 3];
  for (int i = 16; i < 64; i++) {
    u32 a = w[i - 15], b = w[i - 2];
    w[i] = w[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + w[i - 7] + (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
  }
  u32 a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
  for (int i = 0; i < 64; i++) {
    u32 t = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + constants[i] + w[i];
    u32 s = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t, d = c, c = b, b = a, a = t + s;
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

static int row[8];

__attribute__((noinline)) static int queens(int n) {
  if (n == 8) return 1;
  int found = 0;
  for (int c = 0; c < 8; c++) {
    int free = 1;
    for (int i = 0; i < n && free; i++) free = row[i] != c && row[i] - c != i - n && row[i] - c != n - i;
    if (!free) continue;
    row[n] = c;
    found += queens(n + 1);
  }
  return found;
}

u32 work(int rounds) {
  u32 sum = 0;
  for (int i = 0; i < rounds; i++) {
    sum = sum * 31 + sieve();
    sum = sum * 31 + hash();
    sum = sum * 31 + crc32();
    if (i == 0) findConstants();
    for (int at = 0; at + 64 <= SIZE / 8; at += 64) compress(prime + at);
    sum = sum * 31 + state[0];
    for (int k = 0; k < 5; k++) sum = sum * 31 + queens(0);
  }
  return sum;
}

#ifdef NATIVE
#include <stdio.h>
int main(void) {
  printf("%u\n", work(ROUNDS));
  return 0;
}
#endif
