# SPDX-License-Identifier: Apache-2.0
"""A Coordinator that says what it is told, on grpcio: fake_coordinator.py PORT CERT KEY PLAN...

Each PLAN is the answer to one call, the last one to all that follow: "ok:<response in hex>",
"ok:@<file>" or "<status number>:<text>". Prints its port, then each call as a line of JSON. Port 0: a free one.
"""

import concurrent.futures
import json
import sys

import grpc

STATUS = {code.value[0]: code for code in grpc.StatusCode}


class Activate(grpc.GenericRpcHandler):
    def __init__(self, plans):
        self.plans = plans

    def service(self, details):
        if details.method != "/rpc.Marble/Activate":
            return None
        return grpc.unary_unary_rpc_method_handler(self.answer)

    def answer(self, request, context):
        print(json.dumps({"request": request.hex(), "metadata": dict(context.invocation_metadata())}), flush=True)
        kind, _, value = (self.plans.pop(0) if len(self.plans) > 1 else self.plans[0]).partition(":")
        if kind != "ok":
            context.abort(STATUS[int(kind)], value)
        if value.startswith("@"):
            with open(value[1:], "rb") as file:
                return file.read()
        return bytes.fromhex(value)


def main():
    port, cert, key = sys.argv[1:4]
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(4), options=[("grpc.max_send_message_length", -1)])
    server.add_generic_rpc_handlers([Activate(sys.argv[4:])])
    with open(cert, "rb") as chain, open(key, "rb") as private:
        credentials = grpc.ssl_server_credentials([(private.read(), chain.read())])
    print(server.add_secure_port("127.0.0.1:" + port, credentials), flush=True)
    server.start()
    server.wait_for_termination()


if __name__ == "__main__":
    main()
