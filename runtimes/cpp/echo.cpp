// The smallest native function: answers with its event. Used by tests and by bench/lambda.
//   g++ -std=c++20 -O2 -static -o bootstrap echo.cpp && zip function.zip bootstrap
#include "brume_function.h"

int main() {
  return brume_function::run([](const brume_function::Event& event) { return event.payload; });
}
