#include "front/compression.h"

#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <new>

#include "base/text.h"
#include "net/message/http_message.h"

namespace brume::front {
namespace {

/// zlib's name for the format around the deflated data.
int window_bits(Coding coding) { return coding == Coding::gzip ? 16 + MAX_WBITS : MAX_WBITS; }

bool is_decimal(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.") == text.npos && text != "." &&
         std::count(text.begin(), text.end(), '.') <= 1;
}

/// What stands behind the first "q=" of a coding's parameters; 1 if there is none or it is no number.
double weight_of(std::string_view parameters) {
  const auto at = parameters.find("q=");
  if (at == parameters.npos) return 1;
  std::string_view text = parameters.substr(at + 2);
  text = trim(text.substr(0, text.find(';')));
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (!is_decimal(text)) return 1;
  if (negative) return 0;
  double weight = 0;
  std::from_chars(text.data(), text.data() + text.size(), weight);
  return std::min(weight, 1.0);
}

/// How welcome a coding is.
struct Welcome {
  double weight = 0;
  bool named = false;
  std::size_t place = 0;

  bool beats(const Welcome& other) const {
    if (weight != other.weight) return weight > other.weight;
    if (named != other.named) return named;
    return named && place < other.place;
  }
  void offer(double offered, std::size_t at) {
    if (named && offered <= weight) return;
    *this = {offered, true, at};
  }
};

}  // namespace

std::string_view name_of(Coding coding) {
  switch (coding) {
    case Coding::gzip: return "gzip";
    case Coding::deflate: return "deflate";
    case Coding::identity: break;
  }
  return "identity";
}

std::optional<Coding> coding_named(std::string_view name) {
  for (const Coding coding : {Coding::gzip, Coding::deflate, Coding::identity})
    if (net::equal_ignoring_case(name, name_of(coding))) return coding;
  return std::nullopt;
}

Inflated inflate_body(Coding coding, std::string_view body, std::size_t bytes_max, std::string& out) {
  z_stream stream{};
  if (inflateInit2(&stream, window_bits(coding)) != Z_OK) throw std::bad_alloc();
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  Inflated result = Inflated::damaged;
  char buffer[16384];
  for (;;) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer);
    stream.avail_out = sizeof buffer;
    const int status = inflate(&stream, Z_NO_FLUSH);  // Z_BUF_ERROR: the data ends in the middle
    out.append(buffer, sizeof buffer - stream.avail_out);
    if (out.size() > bytes_max) {
      result = Inflated::too_long;
      break;
    }
    if (status == Z_OK) continue;
    if (status != Z_STREAM_END) break;
    if (stream.avail_in == 0) {
      result = Inflated::whole;
      break;
    }
    if (coding != Coding::gzip || inflateReset(&stream) != Z_OK) break;
  }
  inflateEnd(&stream);
  return result;
}

Coding preferred_coding(std::string_view accept_encoding) {
  if (accept_encoding.empty()) return Coding::identity;
  Welcome gzip, deflate;
  double others = 0;
  std::size_t place = 0;
  for (const std::string_view element : split(accept_encoding, ',')) {
    const auto semicolon = std::min(element.find(';'), element.size());
    const std::string_view name = trim(element.substr(0, semicolon));
    const double weight = weight_of(element.substr(semicolon));
    if (name == "*") others = std::max(others, weight);
    else if (const auto coding = coding_named(name); coding == Coding::gzip) gzip.offer(weight, place);
    else if (coding == Coding::deflate) deflate.offer(weight, place);
    ++place;
  }
  for (Welcome* coding : {&gzip, &deflate})
    if (!coding->named) coding->weight = others;
  const bool prefers_deflate = deflate.beats(gzip);
  if ((prefers_deflate ? deflate : gzip).weight == 0) return Coding::identity;
  return prefers_deflate ? Coding::deflate : Coding::gzip;
}

std::string compress(Coding coding, std::string_view body) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, window_bits(coding), 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
  std::string out(deflateBound(&stream, body.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);  // the bound makes one call enough
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace brume::front
