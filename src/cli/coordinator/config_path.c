/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/coordinator/config_path.h"

#include "base/bytes.h"

#include <stdlib.h>

char *config_path(const char *below, struct err *err)
{
    const char *const config = getenv("XDG_CONFIG_HOME"), *const home = getenv("HOME");

    if (config != NULL && config[0] == '/')
        return mem_printf("%s/%s", config, below);
    if ((config == NULL || config[0] == '\0') && home != NULL && home[0] != '\0')
        return mem_printf("%s/.config/%s", home, below);
    (void)err_set(
        err, FAIL_MALFORMED,
        "there is no configuration directory: neither XDG_CONFIG_HOME (absolute) nor HOME "
        "is set");
    return NULL;
}
