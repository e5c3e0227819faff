// SPDX-License-Identifier: Apache-2.0
// The type of a client's socket, and of what keeps its connection to one thread at a time.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/strand.hpp>

namespace console_policy::http {

// What one connection does, whichever thread does it (io_threads.h), happens one after another.
using Strand = boost::asio::strand<boost::asio::io_context::executor_type>;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Strand>;

}  // namespace console_policy::http
