// A request's body of which no more is kept than the Runtime API has a use for: the rest is counted and dropped.
#pragma once

#include <algorithm>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/optional/optional.hpp>
#include <cstdint>
#include <string>

namespace brume::lambda {

/// What all connections of one environment may hold together. Used on one loop.
class BodyBudget {
 public:
  explicit BodyBudget(std::size_t bytes_max) : left_(bytes_max) {}
  /// False when there is not so much left.
  bool take(std::size_t bytes) {
    if (bytes > left_) return false;
    left_ -= bytes;
    return true;
  }
  void give_back(std::size_t bytes) { left_ += bytes; }

 private:
  std::size_t left_;
};

/// For Beast's parser (its concept Body). A body that the budget has no room for is an error: the connection ends.
struct KeptBody {
  class value_type {
   public:
    value_type() = default;
    value_type(value_type&& other) noexcept
        : text(std::move(other.text)),
          size(other.size),
          kept_max_(other.kept_max_),
          budget_(std::exchange(other.budget_, nullptr)),
          taken_(std::exchange(other.taken_, 0)) {}
    value_type& operator=(value_type&&) = delete;
    ~value_type() {
      if (budget_ != nullptr) budget_->give_back(taken_);
    }
    /// To be called before parsing. `budget` outlives this. Without: nothing is kept, all is counted.
    void keep(std::size_t bytes_max, BodyBudget& budget) {
      kept_max_ = bytes_max;
      budget_ = &budget;
    }

    std::string text;      ///< the first bytes
    std::size_t size = 0;  ///< of the whole body

   private:
    friend struct KeptBody;
    /// Makes room for `bytes` more. In few steps: growing holds the old and the new memory for a moment.
    bool grow(std::size_t bytes) {
      const std::size_t wanted = text.size() + bytes;
      if (wanted <= taken_) return true;
      std::size_t step = kept_max_;
      for (const std::size_t small : {std::size_t{16} * 1024, std::size_t{1} << 20})
        if (wanted <= small) step = std::min(step, small);
      if (!budget_->take(step - taken_)) return false;
      taken_ = step;
      text.reserve(step);
      return true;
    }

    std::size_t kept_max_ = 0;
    BodyBudget* budget_ = nullptr;
    std::size_t taken_ = 0;
  };

  class reader {
   public:
    template <bool isRequest, class Fields>
    reader(boost::beast::http::header<isRequest, Fields>&, value_type& body) : body_(body) {}

    void init(const boost::optional<std::uint64_t>&, boost::beast::error_code& error) { error = {}; }

    template <class Buffers>
    std::size_t put(const Buffers& buffers, boost::beast::error_code& error) {
      error = {};
      const std::size_t bytes = boost::asio::buffer_size(buffers);
      const std::size_t kept = std::min(bytes, body_.kept_max_ - body_.text.size());
      body_.size += bytes;
      if (kept == 0) return bytes;
      if (!body_.grow(kept)) {
        error = boost::beast::http::error::buffer_overflow;
        return 0;
      }
      std::size_t left = kept;
      for (auto at = boost::asio::buffer_sequence_begin(buffers); left > 0; ++at) {
        const boost::asio::const_buffer piece = *at;
        const std::size_t part = std::min(left, piece.size());
        body_.text.append(static_cast<const char*>(piece.data()), part);
        left -= part;
      }
      return bytes;
    }

    void finish(boost::beast::error_code& error) { error = {}; }

   private:
    value_type& body_;
  };
};

}  // namespace brume::lambda
