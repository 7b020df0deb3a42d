/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Keys of the reference, and the few words of DER that tests of keys need. Keys are for tests only.
 */
#include "codec/text.h"
#include "crypto/key.h"

/* state-and-recovery.md, 10.5 */
static const char rsa_private_pem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDs6HwXc96OlIHC\n"
    "JcQej+SAynbE5aSEtJCNgQIM2F6JbPWqEHkNBzhhVGJ35/n6YY224VTlzPZuHTVl\n"
    "p7hNcgHbaatCqcFCJFGJxMV4Hy3dTUY6nFdCO4RGnGO4mA7/8uXtteXcYVG3efq+\n"
    "j9I5I6RYghol0DyUFLl47yDLxTK5SzXFUBab12bFzGK092m+KvVY85jE/g+EnOI1\n"
    "+hwwEnN8pNyXlHSHdiL9x9WztcyK1y3kFAwdgq4HwtRMH2KtTnf5pYj/7CQmYZxi\n"
    "1IMYbLjWQGvBedA1dVP0McvWIugt8P716yVQAkYtq6D0zp1f6yu+Xm0KCvBOauVo\n"
    "VQ5cNjvfAgMBAAECggEAB2dSAulBFbwm6w1Uufdq3Jj3L5fg5vabEphIJsG0o1mL\n"
    "AJYHBVTvy9ol5C3yK1SyCp2FBt+kQ4X1+VNk8qMBjXzTz5bhmeQDCK+eX3pfDqbM\n"
    "wJonc/JW73Wc/DDVDyvlGZ18oe+rMoxoJheBEv4PVn3ZpPomK/RYwgs2VrZxCIxp\n"
    "2wjv3qs7ReW96mFe5LDEALCXYQ6iryRL4MVIOuTD0XLSFyiT+1Z/h0iahoQRvARM\n"
    "lCF3rDFZy+QzzvANgmR0AeiOjGDBJtfwSsoR46hMg3ulu3g/5utlvLfF0ymh0JMW\n"
    "7zE9YQrYU48s9CGaGPl0os/AiA/NQ2KbAkGq9hP1IQKBgQD5jq3fuoh3sXTVs29d\n"
    "/SzvvJMXvRUiIMoDwiV29fNqDh59umwbl2j5H8r9rknM7+SgZEdHrJ4uYAaIdZc5\n"
    "rLylviT/gejXhzXrbxmIsBwPqX/E0qib2sLVrYcM7bfV+4cda2gKhzSa5s2te89M\n"
    "Ldi2tJ2TQSgFFY+Z7d2h+FQoLwKBgQDzBjUJtylC0iwwkwjen4w5cwglpaaqyMyG\n"
    "nlHyU57oeYYqtbB+iZY+Co9iSMDt5vCdYGi9Ux5FKWCtwmQbGzWgqq03dWVXphdE\n"
    "HawB891q1HDeCnF4F2yVsUHxpBdoPEcDG0pu9hdwF7FVBVeUgcWrGsWxqXuE6GY6\n"
    "Yfw7L3yLUQKBgQCNXxx0r3D7jVXIcdvW/MNmFAen3P+J09VdB7C9kVsRa2oug1sW\n"
    "zlEzP6V4zDEWnZeAnQ4cNldtogxRZXwDui0sH2lKLUfAQOJ0uv1WB5396WFuGIBX\n"
    "ujfBYIou8sO/vruuGNhZjnpoffNqIccvOpGX/v19G94V8z7kTnHNfaX/FQKBgQCO\n"
    "hGhcHzaqQhi6D7AW5hfUpPn1IfTgmMsgcv35j0JUcNfWeiBbxJIAJi854xKJMXKP\n"
    "yDcEOBc7Ve2lWKdeIhHL++uC52yb/wIL5x61Mm75tEXQYO10EMCT9JSIgcNcVGUM\n"
    "lFeNRPIvwSU0h+J5a7UhB51B9/NA2Q0CVe4WQ13VUQKBgFgSzMXqLkT7ufcx7B2+\n"
    "mJvqG50XqEKO0L81NWx7ALcasLv7NY0O0hGfpqGlEVE3VxMPdlG3AK6HSETC+z9a\n"
    "/j+LFklLe7BFQm8e2Trhmy+FI/zndBSJ+0ZxViwBZ97YG5+1qOId6E536MpjEMoV\n"
    "u8gM2nRSAZWH7N1/ytMmcRvh\n"
    "-----END PRIVATE KEY-----\n";
static const char rsa_public_pem[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA7Oh8F3PejpSBwiXEHo/k\n"
    "gMp2xOWkhLSQjYECDNheiWz1qhB5DQc4YVRid+f5+mGNtuFU5cz2bh01Zae4TXIB\n"
    "22mrQqnBQiRRicTFeB8t3U1GOpxXQjuERpxjuJgO//Ll7bXl3GFRt3n6vo/SOSOk\n"
    "WIIaJdA8lBS5eO8gy8UyuUs1xVAWm9dmxcxitPdpvir1WPOYxP4PhJziNfocMBJz\n"
    "fKTcl5R0h3Yi/cfVs7XMitct5BQMHYKuB8LUTB9irU53+aWI/+wkJmGcYtSDGGy4\n"
    "1kBrwXnQNXVT9DHL1iLoLfD+9eslUAJGLaug9M6dX+srvl5tCgrwTmrlaFUOXDY7\n"
    "3wIDAQAB\n"
    "-----END PUBLIC KEY-----\n";

/* The root key of the state in state-and-recovery.md, 10.7: its number and its point on P-384. */
#define ROOT_NUMBER                                                                                \
    "7ed8c2c790aa83d6c3e404b5368f6832c18d46a0e98b9c7a7a5e3ef823e2c9f0"                             \
    "e310abbf6f7ea9d9d883ccb64ec2736a"
#define ROOT_POINT                                                                                 \
    "040e2acb569bbde377390152d76a73eb90023fece8a52b392c7e35238a1cdead"                             \
    "415bb2544da4500f1979d633871bcd4b782816ddcfbc7e6664ca9efcb7acac39"                             \
    "73d25b08e578ed6294cda5deeafa34668630fffcbc9ae4301dc5a38f6027a907"                             \
    "93"
/* Another point on P-384, that of the intermediate key there. */
#define OTHER_POINT                                                                                \
    "0449b6acf2f289f085136d64ebd6e3cef5d391dc698a2a91b6475bd3ab08da57"                             \
    "07275e8066ecf4433c601308f04b53604906d7e8a5e4be3009386705c044c159"                             \
    "5f7491799a996ae56264c5ebfc28c0092462a5edc22820bcf9bd2ab1f77671fb"                             \
    "9f"
#define P384_NAME "06052b81040022"
#define EC_KEY_NAME "06072a8648ce3d0201"

/* As in `privateKey:coordinatorRootKey` of that state. */
#define ROOT_SEC1 "3081a40201010430" ROOT_NUMBER "a007" P384_NAME "a164036200" ROOT_POINT
/* manifest.md, 7.3: the curve outside, the point inside. */
#define ROOT_PKCS8                                                                                 \
    "3081b60201003010" EC_KEY_NAME P384_NAME "04819e30819b0201010430" ROOT_NUMBER                  \
    "a164036200" ROOT_POINT
#define ROOT_SPKI "30763010" EC_KEY_NAME P384_NAME "036200" ROOT_POINT

/* RFC 8410, 10.1 and 10.3 */
#define ED25519_PKCS8                                                                              \
    "302e020100300506032b657004220420"                                                             \
    "d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842"
#define ED25519_SPKI                                                                               \
    "302a300506032b6570032100"                                                                     \
    "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1"

/* The contents of the first PEM block; freed by the caller through buf_clear. */
static inline struct buf test_unpem(const char *pem)
{
    struct bytes text = bytes_of_string(pem);
    struct pem_block block = { 0 };

    assert_true(pem_next(&text, &block));
    return block.der;
}

static inline struct key *test_rsa_private(void)
{
    auto_buf der = test_unpem(rsa_private_pem);
    struct err err = { 0 };
    struct key *const key = key_from_private_pkcs8(buf_bytes(&der), &err);

    assert_ok(key != NULL, &err);
    return key;
}

static inline struct key *test_rsa_public(void)
{
    struct err err = { 0 };
    struct key *const key = key_from_recovery_pem(bytes_of_string(rsa_public_pem), &err);

    assert_ok(key != NULL, &err);
    return key;
}

static inline struct key *test_key(enum key_type type, unsigned bits)
{
    struct err err = { 0 };
    struct key *const key = key_generate(type, bits, &err);

    assert_ok(key != NULL, &err);
    return key;
}

/* One DER value, its length in the shortest form; freed by the caller through buf_clear. */
static inline struct buf test_der(uint8_t tag, struct bytes contents)
{
    struct buf out = { 0 };

    buf_add_u8(&out, tag);
    if (contents.len >= 256) {
        buf_add_u8(&out, 0x82);
        buf_add_u8(&out, (uint8_t)(contents.len >> 8));
    } else if (contents.len >= 128) {
        buf_add_u8(&out, 0x81);
    }
    buf_add_u8(&out, (uint8_t)contents.len);
    buf_add(&out, contents);
    return out;
}

/*
 * SubjectPublicKeyInfo of an RSA key with a modulus of this many bits, all ones, and this exponent.
 * Freed by the caller through buf_clear.
 */
static inline struct buf test_rsa_spki(size_t bits, struct bytes exponent)
{
    auto_buf number = { 0 };
    auto_buf key = { 0 };
    auto_buf algorithm = test_unhex("300d06092a864886f70d0101010500");

    assert_int_equal(bits % 8, 0);
    buf_add_u8(&number, 0); /* positive */
    memset(buf_grow(&number, bits / 8), 0xff, bits / 8);
    auto_buf modulus = test_der(0x02, buf_bytes(&number));
    auto_buf public_exponent = test_der(0x02, exponent);
    buf_add(&modulus, buf_bytes(&public_exponent));
    auto_buf inner = test_der(0x30, buf_bytes(&modulus));
    buf_add_u8(&key, 0); /* no unused bits */
    buf_add(&key, buf_bytes(&inner));
    auto_buf bit_string = test_der(0x03, buf_bytes(&key));
    buf_add(&algorithm, buf_bytes(&bit_string));
    return test_der(0x30, buf_bytes(&algorithm));
}
