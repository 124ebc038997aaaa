import type { Bytes } from "../bytes.ts";
import { FormatError } from "../format_error.ts";

/** PITABLE of RFC 2268 §2. */
const PI = Uint8Array.fromHex(
  "d978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2" +
    "179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0bf09521225c6b4e82" +
    "54d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626" +
    "6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed7" +
    "08e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ec" +
    "c2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731" +
    "2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a9" +
    "0d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad",
);

const ROTATIONS = [1, 2, 3, 5] as const;
const BLOCK = 8;

/**
 * Decrypts RC2 in CBC mode (RFC 2268), and takes the padding off. The cipher is weak and only read: what old
 * tools wrote into PKCS#12 files with it are certificates, which are public.
 *
 * @param key all of its bits are effective.
 * @throws {FormatError}
 */
export function decryptRc2(key: Bytes, iv: Bytes, data: Bytes): Bytes {
  if (data.length === 0 || data.length % BLOCK !== 0 || iv.length !== BLOCK) {
    throw new FormatError("PKCS#12", "encrypted data is not made of whole blocks");
  }
  const words = expandKey(key);
  const plain = new Uint8Array(data.length);
  let before = iv;
  for (let offset = 0; offset < data.length; offset += BLOCK) {
    const block = data.subarray(offset, offset + BLOCK);
    const decrypted = decryptBlock(words, block);
    for (let index = 0; index < BLOCK; index++) {
      plain[offset + index] = (decrypted[index] ?? 0) ^ (before[index] ?? 0);
    }
    before = block;
  }
  return withoutPadding(plain);
}

function withoutPadding(plain: Bytes): Bytes {
  const count = plain.at(-1) ?? 0;
  const padding = plain.subarray(plain.length - count);
  if (count < 1 || count > BLOCK || padding.some((byte) => byte !== count)) {
    throw new FormatError("PKCS#12", "encrypted data has wrong padding");
  }
  return plain.subarray(0, plain.length - count);
}

/** The 64 words of a key (§2), all of whose bits are effective: no bits are masked. */
function expandKey(key: Bytes): Uint16Array {
  const bytes = new Uint8Array(128);
  bytes.set(key);
  const at = (index: number): number => bytes[index] ?? 0;
  const pi = (index: number): number => PI[index & 255] ?? 0;
  for (let i = key.length; i < 128; i++) bytes[i] = pi(at(i - 1) + at(i - key.length));
  bytes[128 - key.length] = pi(at(128 - key.length));
  for (let i = 127 - key.length; i >= 0; i--) bytes[i] = pi(at(i + 1) ^ at(i + key.length));
  return Uint16Array.from({ length: 64 }, (_, i) => at(2 * i) | (at(2 * i + 1) << 8));
}

/** §4: five rounds of mixing, one of mashing, six, one, five; all in reverse. */
function decryptBlock(words: Uint16Array, block: Bytes): Bytes {
  const view = new DataView(block.buffer, block.byteOffset, BLOCK);
  const r = Uint16Array.from([0, 2, 4, 6], (offset) => view.getUint16(offset, true));
  const at = (index: number): number => r[index & 3] ?? 0;
  const word = (index: number): number => words[index] ?? 0;
  for (let round = 15; round >= 0; round--) {
    for (let i = 3; i >= 0; i--) {
      const rotation = ROTATIONS[i] ?? 0;
      const rotated = (at(i) >>> rotation) | (at(i) << (16 - rotation));
      r[i] = rotated - word(4 * round + i) - (at(i + 3) & at(i + 2)) - (~at(i + 3) & at(i + 1));
    }
    if (round !== 11 && round !== 5) continue;
    for (let i = 3; i >= 0; i--) r[i] = at(i) - word(at(i + 3) & 63);
  }
  const plain = new Uint8Array(BLOCK);
  const out = new DataView(plain.buffer);
  r.forEach((value, index) => out.setUint16(2 * index, value, true));
  return plain;
}
