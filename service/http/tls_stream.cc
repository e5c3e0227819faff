// SPDX-License-Identifier: Apache-2.0
#include "service/http/tls_stream.h"

#include <openssl/bio.h>
#include <openssl/err.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <limits>

namespace console_policy::http {
namespace {

namespace asio = boost::asio;

int size_for_openssl(std::size_t size) {
  constexpr std::size_t largest = std::numeric_limits<int>::max();
  return static_cast<int>(std::min(size, largest));
}

TlsWire& wire_of(BIO* bio) {
  return *static_cast<TlsWire*>(BIO_get_data(bio));
}

int read_wire(BIO* bio, char* room, std::size_t size, std::size_t* count) {
  TlsWire& wire = wire_of(bio);
  BIO_clear_retry_flags(bio);
  *count = std::min(size, wire.arrived.size());
  if (*count == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  std::memcpy(room, wire.arrived.data(), *count);
  wire.arrived.remove_prefix(*count);
  return 1;
}

// Takes all: what the socket does not, waits. So OpenSSL never stops in the middle of a record.
int write_wire(BIO* bio, const char* bytes, std::size_t size, std::size_t* count) {
  TlsWire& wire = wire_of(bio);
  BIO_clear_retry_flags(bio);
  try {
    std::size_t sent = 0;
    if (wire.unsent.empty()) sent = wire.socket.write_some(asio::buffer(bytes, size), wire.failed);
    if (wire.failed == asio::error::would_block) wire.failed = {};
    if (wire.failed) return -1;
    wire.unsent.append(bytes + sent, size - sent);
    *count = size;
    return 1;
  } catch (const std::exception&) {  // OpenSSL is C
    wire.failed = asio::error::no_memory;
    return -1;
  }
}

long control_wire(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* wire_method() {
  struct Free {
    void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
  };
  static const std::unique_ptr<BIO_METHOD, Free> method = [] {
    std::unique_ptr<BIO_METHOD, Free> made{
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "console-policy")};
    if (!made || BIO_meth_set_read_ex(made.get(), &read_wire) != 1 ||
        BIO_meth_set_write_ex(made.get(), &write_wire) != 1 ||
        BIO_meth_set_ctrl(made.get(), &control_wire) != 1) {
      made.reset();
    }
    return made;
  }();
  return method.get();
}

// Before what SSL_get_error() is asked about: it reads the thread's queue of errors, where others
// may have left something. To look costs less than to clear it each time.
void clear_errors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

}  // namespace

TlsStream::TlsStream(Socket& socket, SSL_CTX* context)
    : wire_{socket, {}, {}, {}}, session_{SSL_new(context)} {
  BIO* const bio = session_ && wire_method() != nullptr ? BIO_new(wire_method()) : nullptr;
  if (bio == nullptr) {
    session_.reset();
    return;
  }
  BIO_set_data(bio, &wire_);
  BIO_set_init(bio, 1);
  SSL_set_bio(session_.get(), bio, bio);                        // takes it
  SSL_set_mode(session_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE);  // a record at a time
  SSL_set_read_ahead(session_.get(), 1);                        // not its head first
  SSL_set_accept_state(session_.get());
}

TlsStream::error_code TlsStream::error_of(int result) {
  const int kind = SSL_get_error(session_.get(), result);
  clear_errors();
  if (wire_.failed) return wire_.failed;
  switch (kind) {
    case SSL_ERROR_NONE:
      return {};
    case SSL_ERROR_WANT_READ:
      return asio::error::would_block;
    case SSL_ERROR_ZERO_RETURN:
      return asio::error::eof;
    default:
      return make_error_code(boost::system::errc::protocol_error);
  }
}

TlsStream::error_code TlsStream::shake_hands() {
  clear_errors();
  return error_of(SSL_do_handshake(session_.get()));
}

std::size_t TlsStream::take(asio::mutable_buffer room, error_code& ec) {
  ec = ended_;
  if (ec || room.size() == 0) return 0;
  clear_errors();
  const int count = SSL_read(session_.get(), room.data(), size_for_openssl(room.size()));
  if (count > 0) return static_cast<std::size_t>(count);
  ec = error_of(count);
  return 0;
}

std::size_t TlsStream::read_at_once(asio::mutable_buffer room) {
  error_code ec;
  const std::size_t count = has_input() ? take(room, ec) : 0;
  if (ec != asio::error::would_block) ended_ = ec;
  return count;
}

bool TlsStream::write_at_once(asio::const_buffer& bytes, error_code& ec) {
  const std::size_t stop = bytes.size() - std::min(bytes.size(), max_at_once);
  while (wire_.unsent.empty() && bytes.size() > stop) {
    const int count = SSL_write(session_.get(), bytes.data(), size_for_openssl(bytes.size()));
    if (count <= 0) {
      clear_errors();
      // Renegotiation, the one thing that would make a write wait for the client, is not there.
      ec = wire_.failed ? wire_.failed : make_error_code(boost::system::errc::protocol_error);
      return false;
    }
    bytes += static_cast<std::size_t>(count);
  }
  return wire_.unsent.empty() && bytes.size() == 0;
}

void TlsStream::say_close() {
  SSL_shutdown(session_.get());
  clear_errors();
}

void TlsStream::forget_sent(std::size_t count) {
  wire_.unsent.erase(0, count);
  if (wire_.unsent.empty()) std::string{}.swap(wire_.unsent);  // it is nearly never needed
}

}  // namespace console_policy::http
