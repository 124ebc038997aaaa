import assert from "node:assert/strict";
import { decodeBase64Url } from "./base64.ts";
import { type Bytes, concatBytes, encodeUtf8 } from "./bytes.ts";
import type { HashName } from "./hash.ts";
import { bits, hex, oid, sequence, toNumber } from "./testing/der.ts";
import { derOf, ecSpki, rsaSpki } from "./testing/keys.ts";
import { verifySignature } from "./verify_signature.ts";

/** The data with its last bit flipped; one zero byte for no data. */
function altered(data: Bytes): Bytes {
  const copy = data.slice();
  if (copy.length === 0) return Uint8Array.of(0);
  copy[copy.length - 1]! ^= 1;
  return copy;
}

const RFC_8032 = [
  {
    key: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    message: "",
    signature: `e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155
      5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b`,
  },
  {
    key: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    message: "72",
    signature: `92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da
      085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00`,
  },
  {
    key: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    message: "af82",
    signature: `6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac
      18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a`,
  },
];

Deno.test("verifySignature accepts the Ed25519 vectors of RFC 8032 §7.1", async () => {
  for (const vector of RFC_8032) {
    const spki = sequence(sequence(oid("1.3.101.112")), bits(hex(vector.key)));
    const [signature, message] = [hex(vector.signature), hex(vector.message)];
    assert.equal(await verifySignature(spki, { name: "Ed25519" }, signature, message), true);
    assert.equal(
      await verifySignature(spki, { name: "Ed25519" }, signature, altered(message)),
      false,
    );
  }
});

interface EcVector {
  readonly section: string;
  readonly curve: string;
  readonly hash: HashName;
  readonly message: string;
  readonly point: readonly [string, string];
  readonly r: string;
  readonly s: string;
}

const P256 = [
  "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6",
  "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299",
] as const;

const RFC_6979: readonly EcVector[] = [
  {
    section: "A.2.5",
    curve: "P-256",
    hash: "SHA-256",
    message: "sample",
    point: P256,
    r: "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
    s: "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
  },
  {
    section: "A.2.5",
    curve: "P-256",
    hash: "SHA-256",
    message: "test",
    point: P256,
    r: "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367",
    s: "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083",
  },
  {
    section: "A.2.5",
    curve: "P-256",
    hash: "SHA-384",
    message: "sample",
    point: P256,
    r: "0EAFEA039B20E9B42309FB1D89E213057CBF973DC0CFC8F129EDDDC800EF7719",
    s: "4861F0491E6998B9455193E34E7B0D284DDD7149A74B95B9261F13ABDE940954",
  },
  {
    section: "A.2.5",
    curve: "P-256",
    hash: "SHA-512",
    message: "sample",
    point: P256,
    r: "8496A60B5E9B47C825488827E0495B0E3FA109EC4568FD3F8D1097678EB97F00",
    s: "2362AB1ADBE2B8ADF9CB9EDAB740EA6049C028114F2460F96554F61FAE3302FE",
  },
  {
    section: "A.2.6",
    curve: "P-384",
    hash: "SHA-384",
    message: "sample",
    point: [
      "EC3A4E415B4E19A4568618029F427FA5DA9A8BC4AE92E02E06AAE5286B300C64DEF8F0EA9055866064A254515480BC13",
      "8015D9B72D7D57244EA8EF9AC0C621896708A59367F9DFB9F54CA84B3F1C9DB1288B231C3AE0D4FE7344FD2533264720",
    ],
    r: "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE46",
    s: "99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8",
  },
  {
    section: "A.2.7",
    curve: "P-521",
    hash: "SHA-512",
    message: "sample",
    point: [
      `01894550D0785932E00EAA23B694F213F8C3121F86DC97A04E5A7167DB4E5BCD
       371123D46E45DB6B5D5370A7F20FB633155D38FFA16D2BD761DCAC474B9A2F5023A4`,
      `00493101C962CD4D2FDDF782285E64584139C2F91B47F87FF82354D6630F746A
       28A0DB25741B5B34A828008B22ACC23F924FAAFBD4D33F81EA66956DFEAA2BFDFCF5`,
    ],
    r: `00C328FAFCBD79DD77850370C46325D987CB525569FB63C5D3BC53950E6D4C5F
        174E25A1EE9017B5D450606ADD152B534931D7D4E8455CC91F9B15BF05EC36E377FA`,
    s: `00617CCE7CF5064806C467F678D3B4080D6F1CC50AF26CA209417308281B68AF
        282623EAA63E5B5C0723D8B8C37FF0777B1A20F8CCB1DCCC43997F1EE0E44DA4A67A`,
  },
];

Deno.test("verifySignature accepts the ECDSA vectors of RFC 6979 A.2 in both encodings", async () => {
  for (const { section, curve, hash, message, point, r, s } of RFC_6979) {
    const spki = ecSpki(curve, concatBytes(Uint8Array.of(4), hex(point[0]), hex(point[1])));
    const raw = concatBytes(hex(r), hex(s));
    const data = encodeUtf8(message);
    for (const [encoding, signature] of [["raw", raw], ["der", derOf(raw)]] as const) {
      const scheme = { name: "ECDSA", hash, encoding } as const;
      const label = `${section} ${hash} ${message} ${encoding}`;
      assert.equal(await verifySignature(spki, scheme, signature, data), true, label);
      assert.equal(await verifySignature(spki, scheme, signature, altered(data)), false, label);
    }
  }
});

const CLAIMS =
  "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

Deno.test("verifySignature accepts the RS256 example of RFC 7515 A.2", async () => {
  const modulus = decodeBase64Url(
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4" +
      "d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5re" +
      "xMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxX" +
      "FvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
  );
  const signature = decodeBase64Url(
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5" +
      "jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb" +
      "1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QO" +
      "YEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
  );
  const data = encodeUtf8(`eyJhbGciOiJSUzI1NiJ9.${CLAIMS}`);
  const spki = rsaSpki(toNumber(modulus), 65537n);
  const scheme = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as const;
  assert.equal(await verifySignature(spki, scheme, signature, data), true);
  assert.equal(await verifySignature(spki, scheme, signature, altered(data)), false);
});

Deno.test("verifySignature accepts the ES256 example of RFC 7515 A.3", async () => {
  const point = concatBytes(
    Uint8Array.of(4),
    decodeBase64Url("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
    decodeBase64Url("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"),
  );
  const signature = decodeBase64Url(
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
  );
  const data = encodeUtf8(`eyJhbGciOiJFUzI1NiJ9.${CLAIMS}`);
  const scheme = { name: "ECDSA", hash: "SHA-256", encoding: "raw" } as const;
  assert.equal(await verifySignature(ecSpki("P-256", point), scheme, signature, data), true);
  assert.equal(
    await verifySignature(ecSpki("P-256", point), scheme, signature, altered(data)),
    false,
  );
});
