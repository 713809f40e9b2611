/* The server's part of shared memory (rpc.md §9.3): the segment that a request names is attached, once a connection,
 * and lets this request's answers lie in it. rpc/check calls it for every request. */
#include "rpc/keys.h"
#include "rpc/session.h"

/* Attaches the segment of that name. A failure is told only to a pointer into it: batches in the stream need none. */
static void attach(vg_session *session, vgi_string name)
{
    vg_pointers *pointers = &session->pointers;
    vgi_error *why = &pointers->why_not;
    vg_shm *segment;

    if (pointers->segment && vg_shm_is_named(pointers->segment, name))
        return;
    vg_pointer_unshare(pointers);
    vgi_error_clear(why);
    if (!vg_connection_is_local(session->connection))
        (void)vgi_error_set(why, VGI_ERR_RUNTIME, "memory is shared over pipes and unix sockets only");
    else if (vg_shm_attach(name, &segment, why) == VGI_OK)
        (void)vg_pointer_share(pointers, segment, why);
}

vgi_status vg_attach_request(vg_session *session, vgi_error *err)
{
    vgi_metadata metadata = session->call.metadata;
    vgi_string name = vgi_metadata_get(metadata, VG_KEY_SHM_NAME);

    if (name.data)
        attach(session, name);
    session->pointers.may_send =
        session->pointers.segment && (name.data || vgi_metadata_get(metadata, VG_KEY_SHM_OFFSET).data);
    return vg_pointer_follow(&session->pointers, &session->arena, &session->params, err);
}
