/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "test.h"

#include "base/files.h"
#include "manifest/manifest.h"

/*
 * Manifests for tests. In a text, @alice, @bob and @carol stand for certificates, @ops, @security
 * and @auditor for recovery keys of 2048 bits, @strong for one of 3072: PEM as it stands inside a JSON string. All are throw-away.
 */
static const struct test_pem {
    const char *name, *json;
} test_pems[] = {
    { "@alice", "-----BEGIN CERTIFICATE-----\\n"
                "MIIBdTCCARugAwIBAgIUII3u61b9rqgxpU5zUZEFk1SipeowCgYIKoZIzj0EAwIw\\n"
                "EDEOMAwGA1UEAwwFYWxpY2UwHhcNMjYxMTIzMTM1NDMyWhcNNDYxMTE4MTM1NDMy\\n"
                "WjAQMQ4wDAYDVQQDDAVhbGljZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBsh\\n"
                "aH3C9lEe1Qt2bNw5lNAhoY40G+jCrihksXRjJDXpQfUg3TZlgIrECbPgBJP+VrM8\\n"
                "oFWB9VhHs+IjetqZQuqjUzBRMB0GA1UdDgQWBBTIElogMg+Cy9tKhID9OCV+yXs4\\n"
                "tjAfBgNVHSMEGDAWgBTIElogMg+Cy9tKhID9OCV+yXs4tjAPBgNVHRMBAf8EBTAD\\n"
                "AQH/MAoGCCqGSM49BAMCA0gAMEUCIQCa6gKv9rlZCXG68i7zFXutsey93XyJKjnr\\n"
                "vOO/qaJECwIgUbGklUNq6tm7AIncO2bhxefy1dyXm+LAzO1HfLQvnq0=\\n"
                "-----END CERTIFICATE-----\\n" },
    { "@bob", "-----BEGIN CERTIFICATE-----\\n"
              "MIIBcTCCARegAwIBAgIUQG4jP0hFbvH1cinJuZ3yWFULFqgwCgYIKoZIzj0EAwIw\\n"
              "DjEMMAoGA1UEAwwDYm9iMB4XDTI2MTEyMzEzNTQzMloXDTQ2MTExODEzNTQzMlow\\n"
              "DjEMMAoGA1UEAwwDYm9iMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEbdEZmivX\\n"
              "Zs2tRAbo5ISulBVJtXeBiZQGiLe+8goJbs/rmtvGimRhMyp1vKolNe4ZKc7YF/xH\\n"
              "bET09wLfRkQPhKNTMFEwHQYDVR0OBBYEFPkdnX2hTOh8chR8foCOe85ngOamMB8G\\n"
              "A1UdIwQYMBaAFPkdnX2hTOh8chR8foCOe85ngOamMA8GA1UdEwEB/wQFMAMBAf8w\\n"
              "CgYIKoZIzj0EAwIDSAAwRQIgSoAXeRy53FXrhX0PMxSllhA/Q00I5G3wX+BOb410\\n"
              "nYECIQCPqQ+Px09FogheUyaszBwAYQfdaJkugzNp7Xsc4AC/0Q==\\n"
              "-----END CERTIFICATE-----\\n" },
    { "@carol", "-----BEGIN CERTIFICATE-----\\n"
                "MIIBdjCCARugAwIBAgIUdUW4TjZ9CQwxJXTSg93T6XqH1B0wCgYIKoZIzj0EAwIw\\n"
                "EDEOMAwGA1UEAwwFY2Fyb2wwHhcNMjYxMTIzMTM1NDMyWhcNNDYxMTE4MTM1NDMy\\n"
                "WjAQMQ4wDAYDVQQDDAVjYXJvbDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABO9N\\n"
                "Ss5mpi4hvZbFQjCQcT+GgnEg1gXWLGuLZQSrge0qsIe6MLccE++SZ2crds6Aol9U\\n"
                "aB8j1L/WRuIULmIp/zijUzBRMB0GA1UdDgQWBBSFE8LzcAmjlmR0sPGsqUjbxxQI\\n"
                "EzAfBgNVHSMEGDAWgBSFE8LzcAmjlmR0sPGsqUjbxxQIEzAPBgNVHRMBAf8EBTAD\\n"
                "AQH/MAoGCCqGSM49BAMCA0kAMEYCIQCNgQVT+BY9LK3DH8UFC37X/esHUYuMgib4\\n"
                "IMvQSH1bTAIhAPrkxealhKE2bGhExauaBd/tMYX8tefgLjE3FEch+mTs\\n"
                "-----END CERTIFICATE-----\\n" },
    { "@ops", "-----BEGIN PUBLIC KEY-----\\n"
              "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA6eXZMyKY8KqUug131//g\\n"
              "i/Yes0b41G6Hy4Zv6LuOj6GGEiQ1rxzTsuAWvci9Tul3H4LpNb74/CtQ13LXKuVM\\n"
              "k2S5BC4sBByFhM9Z+B8fMmeAgpsxoFKkY3Inc2MoExPf54KwPcMlUGdxK1zskEe9\\n"
              "wtRIJs7V4H7j+f5vkabhP89h10el5daQSRgn1chDMzkuY8KBT9mP8SKSsbNaD6a/\\n"
              "+uraLYLUsKT0cNZ2Y2g4HZMYfBBvvLTrN4iGzuNmjtPoL7Fzu5JOSWoI7BrtP+yM\\n"
              "nPLszf6SnONlypmFjd6+ptOB3ivMaepvCozJKh5RTYoFBX4dhGmyfTa8D7V1w2a7\\n"
              "mwIDAQAB\\n"
              "-----END PUBLIC KEY-----\\n" },
    { "@security", "-----BEGIN PUBLIC KEY-----\\n"
                   "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAmwmu0cej/eBbDHvO4Kkx\\n"
                   "oSL+K75+cSaYbCcE1VWnnAzVR42mMrHLc8Ah3RjHqOM5wM+STk9T+qzOPeq7AE4S\\n"
                   "Xi6/7lauGs3QXAn97BuE5ezw1CC7jR9ZrMBgmnFqkSfvriyfsx8iKMF24SYc2Hu8\\n"
                   "laRid65N/nInf/VKf4Qv69PgGm4Swxs0Kw66JqOLUjI32dLz+KtMuFSW/T7NvTMD\\n"
                   "RBKoYMCoo+I2qMrdh4Wu3Y4qlDb4w3vCC0uGF5vQMg6Dqy1VRy/LU8LPP6Ir+kJn\\n"
                   "TTuZ3xPgIKNENEousx3j+gG2nlUMd8Xvm0EIPfeKD2GMoqCZxKQNS1J1sjYiwCJ+\\n"
                   "qwIDAQAB\\n"
                   "-----END PUBLIC KEY-----\\n" },
    { "@auditor", "-----BEGIN PUBLIC KEY-----\\n"
                  "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEArq7Wyz0CfnE1K8KAAMc2\\n"
                  "kgAOOgRMwkUj8GVb9M2SsCx5Hpqg8/vracrJ3qm4BEZs8UbyBnPED+8sVLW5s9DP\\n"
                  "3O+cI9G64p5rN692G+rhFBU9JcPiD6IhKg1Afh5yS2ygQxFLLtitv+8fBmlesEMW\\n"
                  "PAqVp/RKl/K7jmwUeSB271VQtT59aT3+kmZEkC6fhmwDmdhR9E3AdRHGRvP5AUtt\\n"
                  "MWvqnLPwWVpi/9+PA0YGLa5Uy15gzP+omEo+4mv50i2XQZWjheEMj5b+G3As7jUo\\n"
                  "TYwX/5ROr8Sv8wbSFGUZcXfKWgMxPS6RaeP3JM+BOYJIkPPvSZ8GKp8AiFdv3d8f\\n"
                  "ZQIDAQAB\\n"
                  "-----END PUBLIC KEY-----\\n" },
    { "@strong", "-----BEGIN PUBLIC KEY-----\\n"
                 "MIIBojANBgkqhkiG9w0BAQEFAAOCAY8AMIIBigKCAYEAtsjK5W+OTJ7JD8g1a8aN\\n"
                 "Ohp3FwRUN7OkSmMww+Od1eUfMLLgX1/6H4kTzYQJ6Co1XnWN+w6BA9WhSLPhlT+7\\n"
                 "9CSQIMDoVcN3cRrbYrVpmkddhr0YUG2DrSs+9TFWkdBUdyYr+LA/LYmmeaIcd5fs\\n"
                 "tuPBoCAz70h1zRvB6qEZqOdA2AHbPSEoKW6s3on2KBwEBZa8tT5jk23qheXEnB6y\\n"
                 "VdCiqVEZngcrqId8JIPBNmhRyVaCrV23FLGUWKTFe9AKTTEMjF2UMqz8l87uWasP\\n"
                 "B2CnVmClqQBH3E9s+OrVOtWN8DtnRpsfspNoP8DTX8qNxP/G4kmQEEc5ZOR5jdx/\\n"
                 "CRknTeRRYtHh62WRHnybvmUUMMp7G+REYM1bp1zI1xeSzUIwj0yPIFha5FyMMrhc\\n"
                 "rJ2Rd8tBACZcGqKljNQGfxALPwfthZD195HfOsAKrYP8+/osPTmVcgkWbQvKttEP\\n"
                 "3lp4L4LDcWpLov5pNEghEFjOF0Gz36iacx+VyN/kdzvzAgMBAAE=\\n"
                 "-----END PUBLIC KEY-----\\n" },
};

/* The text with its PEM filled in. The caller frees it. */
static inline char *test_expand(const char *text)
{
    struct buf out = { 0 };

    while (*text != '\0') {
        const struct test_pem *pem = NULL;
        for (size_t i = 0; i < sizeof test_pems / sizeof *test_pems; i++) {
            if (strncmp(text, test_pems[i].name, strlen(test_pems[i].name)) == 0)
                pem = &test_pems[i];
        }
        if (pem != NULL)
            buf_add_string(&out, pem->json);
        else
            buf_add_u8(&out, (uint8_t)*text);
        text += pem != NULL ? strlen(pem->name) : 1;
    }
    buf_add_u8(&out, 0);
    return (char *)out.at;
}

static inline struct manifest *test_parse(const char *text, struct err *err)
{
    auto_string *full = test_expand(text);

    return manifest_parse(bytes_of_string(full), err);
}

/* The bytes of a file in data/. */
static inline struct buf test_data(const char *name)
{
    auto_string *path = mem_printf("%s/%s", TEST_DATA, name);
    struct buf out = { 0 };
    struct err err = { 0 };

    assert_ok(file_read(&files_posix, path, 1u << 26, &out, &err), &err);
    return out;
}

#define TEXT(literal) BYTES_LITERAL(literal)
#define assert_text(is, want) assert_bytes_equal(is, bytes_of_string(want))
#define assert_one_line(err)                                                                       \
    do {                                                                                           \
        assert_true((err)->text[0] != '\0');                                                       \
        assert_null(strchr((err)->text, '\n'));                                                    \
    } while (0)
