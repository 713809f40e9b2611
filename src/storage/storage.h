/* What the front of durable storage and the kinds behind it share. */
#ifndef VG_STORAGE_STORAGE_H
#define VG_STORAGE_STORAGE_H

#include <vgi/status.h>

/* VGI_ERR_VALUE: the program was compiled for another version of the structs. */
vgi_status vg_storage_check_version(int api_version, vgi_error *err) VGI_MUST_USE;

#endif
