// MOCK integrations: answered from configuration alone, e.g. CORS preflights.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
#pragma once

#include "gateway/pipeline/exchange.h"

namespace brume::gateway {

net::Response answer_mock(const MockIntegration& mock, const Exchange& exchange);

}  // namespace brume::gateway
