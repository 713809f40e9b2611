/* The metadata keys of the RPC layer (rpc.md §2). */
#ifndef VG_RPC_KEYS_H
#define VG_RPC_KEYS_H

#define VG_KEY_METHOD "vgi_rpc.method"
#define VG_KEY_REQUEST_VERSION "vgi_rpc.request_version"
#define VG_KEY_PROTOCOL "vgi_rpc.protocol"
#define VG_KEY_PROTOCOL_VERSION "vgi_rpc.protocol_version"
#define VG_KEY_REQUEST_ID "vgi_rpc.request_id"
#define VG_KEY_SERVER_ID "vgi_rpc.server_id"
#define VG_KEY_LOG_LEVEL "vgi_rpc.log_level"
#define VG_KEY_LOG_MESSAGE "vgi_rpc.log_message"
#define VG_KEY_LOG_EXTRA "vgi_rpc.log_extra"
#define VG_KEY_ERROR_KIND "vgi_rpc.error_kind"
#define VG_KEY_ERROR_CODE "vgi_rpc.error_code"
#define VG_KEY_ERROR_DETAILS "vgi_rpc.error_details"
#define VG_KEY_CANCEL "vgi_rpc.cancel"
#define VG_KEY_SHM_NAME "vgi_rpc.shm_segment_name"
#define VG_KEY_SHM_SIZE "vgi_rpc.shm_segment_size"
#define VG_KEY_SHM_OFFSET "vgi_rpc.shm_offset"
#define VG_KEY_SHM_LENGTH "vgi_rpc.shm_length"
#define VG_KEY_LOCATION "vgi_rpc.location"
#define VG_KEY_TRANSPORT_SHM "vgi_rpc.transport.shm"
#define VG_KEY_TRACEPARENT "traceparent"
#define VG_KEY_TRACESTATE "tracestate"

#define VG_REQUEST_VERSION "1"
#define VG_METHOD_TRANSPORT_OPTIONS "__transport_options__"
#define VG_REFLECTION_PROTOCOL "vgi_rpc.Reflection.v1"

#endif
