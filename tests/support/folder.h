/* What is in a folder of the kernel's: descriptors in /proc/self/fd, threads in /proc/self/task. For programs that test
 * that nothing is left. */
#ifndef VG_TESTS_SUPPORT_FOLDER_H
#define VG_TESTS_SUPPORT_FOLDER_H

#include <dirent.h>
#include <stddef.h>

static inline int count_entries(const char *folder)
{
    DIR *dir = opendir(folder);
    int n = 0;

    while (dir && readdir(dir))
        n++;
    if (dir)
        closedir(dir);
    return n;
}

#endif
