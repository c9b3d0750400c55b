#include "net/server/connection.h"

#include "net/server/http1_connection.h"

namespace brume::net {

void serve_connection(std::shared_ptr<ServerLoop> loop, PlainSocket socket, Peer peer,
                      std::shared_ptr<TlsContext> tls) {
  const LoopExecutor executor = loop->executor();
  if (tls) {
    auto context = tls->context();
    auto connection = std::make_unique<Http1Connection<TlsSocket>>(std::move(loop), std::move(peer), context,
                                                                   std::move(socket), *context);
    spawn_logged(executor, "http.connection_failed", Http1Connection<TlsSocket>::run(std::move(connection)));
  } else {
    auto connection =
        std::make_unique<Http1Connection<PlainSocket>>(std::move(loop), std::move(peer), nullptr, std::move(socket));
    spawn_logged(executor, "http.connection_failed", Http1Connection<PlainSocket>::run(std::move(connection)));
  }
}

}  // namespace brume::net
