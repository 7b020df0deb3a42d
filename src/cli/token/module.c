/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/token/module.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#define ALL_MODULES "libp11-kit.so.0"

const char *token_code_name(CK_RV code)
{
    static const struct {
        CK_RV code;
        const char *name;
    } known[] = {
#define CODE(name) { name, #name }
        CODE(CKR_HOST_MEMORY),
        CODE(CKR_SLOT_ID_INVALID),
        CODE(CKR_GENERAL_ERROR),
        CODE(CKR_FUNCTION_FAILED),
        CODE(CKR_ARGUMENTS_BAD),
        CODE(CKR_ATTRIBUTE_SENSITIVE),
        CODE(CKR_ATTRIBUTE_TYPE_INVALID),
        CODE(CKR_DATA_INVALID),
        CODE(CKR_DATA_LEN_RANGE),
        CODE(CKR_DEVICE_ERROR),
        CODE(CKR_DEVICE_MEMORY),
        CODE(CKR_DEVICE_REMOVED),
        CODE(CKR_ENCRYPTED_DATA_INVALID),
        CODE(CKR_ENCRYPTED_DATA_LEN_RANGE),
        CODE(CKR_FUNCTION_CANCELED),
        CODE(CKR_FUNCTION_NOT_SUPPORTED),
        CODE(CKR_KEY_HANDLE_INVALID),
        CODE(CKR_KEY_SIZE_RANGE),
        CODE(CKR_KEY_TYPE_INCONSISTENT),
        CODE(CKR_KEY_FUNCTION_NOT_PERMITTED),
        CODE(CKR_MECHANISM_INVALID),
        CODE(CKR_MECHANISM_PARAM_INVALID),
        CODE(CKR_PIN_INCORRECT),
        CODE(CKR_PIN_INVALID),
        CODE(CKR_PIN_LEN_RANGE),
        CODE(CKR_PIN_EXPIRED),
        CODE(CKR_PIN_LOCKED),
        CODE(CKR_SESSION_CLOSED),
        CODE(CKR_SESSION_COUNT),
        CODE(CKR_SESSION_HANDLE_INVALID),
        CODE(CKR_TOKEN_NOT_PRESENT),
        CODE(CKR_TOKEN_NOT_RECOGNIZED),
        CODE(CKR_USER_NOT_LOGGED_IN),
        CODE(CKR_USER_PIN_NOT_INITIALIZED),
        CODE(CKR_USER_TYPE_INVALID),
        CODE(CKR_USER_ANOTHER_ALREADY_LOGGED_IN),
        CODE(CKR_USER_TOO_MANY_TYPES),
        CODE(CKR_BUFFER_TOO_SMALL),
        CODE(CKR_CRYPTOKI_NOT_INITIALIZED),
#undef CODE
    };

    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (known[i].code == code)
            return known[i].name;
    }
    return NULL;
}

bool token_refused(CK_RV code, const char *what, struct err *err)
{
    const char *const name = token_code_name(code);

    if (name != NULL)
        return err_set(err, FAIL_UNAVAILABLE, "%s: %s", what, name);
    return err_set(err, FAIL_UNAVAILABLE, "%s: PKCS#11 error 0x%lx", what, code);
}

/* By its name as p11-kit or the linker knows it (RFC 7512, 2.3: without "lib" and ".so"). */
static void *open_named(struct bytes name)
{
    auto_string *text = bytes_to_string(name);
    char *const paths[] = {
        mem_printf(P11_MODULE_PATH "/%s.so", text),
        mem_printf(P11_MODULE_PATH "/lib%s.so", text),
        mem_printf("lib%s.so", text),
        mem_printf("%s.so", text),
    };
    void *library = NULL;

    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        if (library == NULL)
            library = dlopen(paths[i], RTLD_NOW | RTLD_LOCAL);
        free(paths[i]);
    }
    return library;
}

static void *open_library(const struct token_search *search, struct err *err)
{
    auto_string *path = search->module_path.len > 0 ? bytes_to_string(search->module_path)
                                                    : mem_string(ALL_MODULES);
    void *library = NULL;

    if (search->module_path.len == 0 && search->module_name.len > 0) {
        library = open_named(search->module_name);
        if (library == NULL)
            (void)err_set(err, FAIL_UNAVAILABLE,
                          "there is no PKCS#11 module named \"%.*s\" here: leave it away for all "
                          "that p11-kit knows, or name its file with module-path",
                          BYTES_FMT(search->module_name));
        return library;
    }
    library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        (void)err_set(err, FAIL_UNAVAILABLE, "PKCS#11 module: %.300s", dlerror());
    return library;
}

const CK_FUNCTION_LIST *token_module_load(const struct token_search *search, bool *started,
                                          struct err *err)
{
    void *const library = open_library(search, err);
    CK_C_GetFunctionList get_list = NULL;
    CK_FUNCTION_LIST *list = NULL;

    if (library == NULL)
        return NULL;
    void *const symbol = dlsym(library, "C_GetFunctionList");
    memcpy(&get_list, &symbol, sizeof symbol);
    if (get_list == NULL || get_list(&list) != CKR_OK || list == NULL) {
        (void)err_set(err, FAIL_UNAVAILABLE, "this library is no PKCS#11 module");
        return NULL;
    }
    const CK_RV code = list->C_Initialize(NULL);
    *started = code == CKR_OK;
    if (code == CKR_OK || code == CKR_CRYPTOKI_ALREADY_INITIALIZED)
        return list;
    (void)token_refused(code, "starting the PKCS#11 module", err);
    return NULL;
}
