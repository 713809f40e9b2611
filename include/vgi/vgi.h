/* The one header that a worker includes. */
#ifndef VGI_VGI_H
#define VGI_VGI_H

#include <vgi/worker.h>

#endif
