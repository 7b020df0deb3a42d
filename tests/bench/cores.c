/* SPDX-License-Identifier: Apache-2.0 */
#include "cores.h"

#include "figures.h"

cpu_set_t cores_all(void)
{
    cpu_set_t all;

    if (sched_getaffinity(0, sizeof all, &all) != 0)
        die("the processors of this machine are not known");
    return all;
}

cpu_set_t cores_first(const cpu_set_t *all, int count)
{
    cpu_set_t some;

    CPU_ZERO(&some);
    for (size_t i = 0; i < CPU_SETSIZE && CPU_COUNT(&some) < count; i++) {
        if (CPU_ISSET(i, all))
            CPU_SET(i, &some);
    }
    return some;
}

void cores_use(const cpu_set_t *cores)
{
    if (sched_setaffinity(0, sizeof *cores, cores) != 0)
        die("this program cannot choose its processor");
}
