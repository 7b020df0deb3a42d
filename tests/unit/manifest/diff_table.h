/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "manifest_test.h"

#include "manifest/diff.h"

/*
 * Every sentence of a difference, word for word: `old` and `new` take the place of %s in a manifest. In these texts ' is a quotation
 * mark, and a word that begins with @ one of those below.
 */
struct row {
    const char *old, *new, *want;
};
static const struct {
    const char *word, *text;
} words[] = {
    { "@KEY", "'Type':'symmetric-key','Size':128" },
    { "@CERT", "'Type':'cert-ecdsa','Size':256" },
    { "@UPLOAD", "'Type':'plain','UserDefined':true" },
    { "@TLS", "'Outgoing':[{'Port':'1','Addr':'a'}],'Incoming':[{'Port':'2','Cert':'c'}]" },
    { "@SECRETS", "{'c1':{@CERT},'c2':{@CERT,'Shared':true},'k1':{@KEY},'k2':{@KEY},'u1':{@UPLOAD},"
                  "'u2':{@KEY,'UserDefined':true}" },
    { "@TWO", "{'a':'1','b':'2'}" },
    { "@HEX48", "00@HEX46" },
    { "@HEX46", "@HEX23@HEX23" },
    { "@HEX23", "0000000000000000000000000000000000000000000000" },
    { "@ROLES", "'Roles':{'r':{'ResourceType':'Secrets','ResourceNames':['k'],'Actions':['"
                "ReadSecret']},@OTHERS}" },
    { "@MORE", "'Roles':{'r':{'ResourceType':'Secrets','ResourceNames':['k','z'],'Actions':['"
               "ReadSecret']},@OTHERS}" },
    { "@OTHERS",
      "'w':{'ResourceType':'Secrets','ResourceNames':['k','l'],'Actions':['WriteSecret']},"
      "'p':{'ResourceType':'Packages','ResourceNames':['app'],'Actions':['UpdateSecurityVersion']},"
      "'g':{'ResourceType':'Manifest','Actions':['UpdateManifest']},"
      "'none':{'ResourceType':'Packages','Actions':['UpdateSecurityVersion']},"
      "'idle':{'ResourceType':'Secrets','ResourceNames':['x'],'Actions':[]}" },
    { "@INFORCE",
      "{'Packages':{'app':{'SignerID':'aa','ProductID':1,'SecurityVersion':3},'app2':{}},"
      "'Marbles':{'m':{'Package':'app'}},"
      "'Roles':{'one':{'ResourceType':'Packages','ResourceNames':['app'],'Actions':['"
      "UpdateSecurityVersion']},"
      "'both':{'ResourceType':'Packages','ResourceNames':['app','app2'],'Actions':['"
      "UpdateSecurityVersion']},"
      "'g':{'ResourceType':'Manifest','Actions':['UpdateManifest']}},"
      "'Users':{'a':{'Certificate':'1','Roles':['one']},'b':{'Certificate':'2','Roles':['both']},"
      "'c':{'Certificate':'3','Roles':['g']}}}" },
};

static inline void put_words(const char *text, struct buf *out)
{
    while (*text != '\0') {
        size_t found = COUNT_OF(words);
        for (size_t i = 0; i < COUNT_OF(words); i++) {
            if (strncmp(text, words[i].word, strlen(words[i].word)) == 0)
                found = i;
        }
        if (found < COUNT_OF(words))
            put_words(words[found].text, out);
        else
            buf_add_u8(out, (uint8_t)(*text == '\'' ? '"' : *text));
        text += found < COUNT_OF(words) ? strlen(words[found].word) : 1;
    }
}

static inline struct manifest *parse(const char *frame, const char *members)
{
    const char *const place = strstr(frame, "%s");
    auto_buf text = { 0 };
    struct err err = { 0 };

    buf_add(&text, bytes_of(frame, (size_t)(place - frame)));
    buf_add_string(&text, members);
    buf_add_string(&text, place + 2);
    auto_string *short_text = bytes_to_string(buf_bytes(&text));
    buf_truncate(&text, 0);
    put_words(short_text, &text);
    struct manifest *const m = manifest_parse(buf_bytes(&text), &err);
    assert_ok(m != NULL, &err);
    return m;
}

static inline void check_row(const char *frame, const struct row *row,
                             void (*put)(const struct manifest_diff *diff, struct buf *out))
{
    auto_manifest *old = parse(frame, row->old), *new = parse(frame, row->new);
    auto_manifest_diff diff = { 0 };
    auto_buf is = { 0 };

    manifest_diff(old, new, &diff);
    put(&diff, &is);
    auto_string *text = bytes_to_string(buf_bytes(&is));
    assert_string_equal(text, row->want);
}
