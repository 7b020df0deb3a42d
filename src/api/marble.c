/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"

#include "api/internal.h"

/* gRPC status codes */
enum { FAILED_PRECONDITION = 9, UNIMPLEMENTED = 12 };

/* A response of fields only (marble-api.md, 1.6). */
static void fill_status(struct http_response *response, int code, const char *message)
{
    auto_string *number = mem_printf("%d", code);

    response->status = 200;
    response->content_type = "application/grpc";
    http_response_add_field(response, "grpc-status", number);
    http_response_add_field(response, "grpc-message", message);
}

void api_marble_handle(struct api *api, struct http_request *request, api_respond *respond,
                       void *token)
{
    auto_snapshot *now = core_snapshot(api->core);
    struct http_response response = { 0 };

    if (now->phase == PHASE_ACCEPTING_MARBLES)
        fill_status(&response, UNIMPLEMENTED, "this version of taw does not activate Marbles yet");
    else
        fill_status(&response, FAILED_PRECONDITION, "cannot accept marbles in current state");
    http_request_clear(request);
    respond(token, &response);
}
