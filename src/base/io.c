/* Input over memory. See io.h. */
#include "base/io.h"

static vgi_status fill_memory(vg_input *input, size_t need, vgi_error *err)
{
    if (input->size == 0)
        return VGI_END;
    return vgi_error_set(err, VGI_ERR_PROTOCOL, "the data ends %zu bytes early", need - input->size);
}

vg_input vg_input_memory(const void *data, size_t size)
{
    return (vg_input){.data = data, .size = size, .fill = fill_memory};
}
