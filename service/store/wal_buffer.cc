// SPDX-License-Identifier: Apache-2.0
#include "service/store/wal_buffer.h"

namespace console_policy::store {

WalBuffer::WalBuffer(File& file) : file_(&file), real_(file.pMethods), own_{*real_, this} {
  own_.xWrite = write;
  own_.xRead = read;
  own_.xSync = sync;
  own_.xTruncate = truncate;
  own_.xFileSize = size;
  own_.xClose = close;
  bytes_.reserve(capacity);
  file_->pMethods = &own_;
}

WalBuffer& WalBuffer::of(File* file) {
  return *static_cast<const OwnMethods*>(file->pMethods)->owner;
}

int WalBuffer::write(File* file, const void* data, int count, Offset offset) {
  WalBuffer& self = of(file);
  if (!self.puts_off_) return self.real_->xWrite(file, data, count, offset);
  return self.put_off(data, static_cast<std::size_t>(count), offset);
}

int WalBuffer::read(File* file, void* data, int count, Offset offset) {
  WalBuffer& self = of(file);
  // What is elsewhere is read as it is: after a COMMIT that failed nothing may be written any more.
  const int flushed = self.has_some_of(offset, offset + count) ? self.flush() : SQLITE_OK;
  return flushed != SQLITE_OK ? flushed : self.real_->xRead(file, data, count, offset);
}

int WalBuffer::sync(File* file, int flags) {
  WalBuffer& self = of(file);
  const int flushed = self.flush();
  return flushed != SQLITE_OK ? flushed : self.real_->xSync(file, flags);
}

int WalBuffer::truncate(File* file, Offset size) {
  WalBuffer& self = of(file);
  const int flushed = self.flush();
  return flushed != SQLITE_OK ? flushed : self.real_->xTruncate(file, size);
}

int WalBuffer::size(File* file, Offset* size) {
  WalBuffer& self = of(file);
  const int flushed = self.flush();
  return flushed != SQLITE_OK ? flushed : self.real_->xFileSize(file, size);
}

int WalBuffer::close(File* file) {
  of(file).let_go();
  return file->pMethods->xClose(file);
}

bool WalBuffer::has_some_of(Offset begin, Offset end) const {
  return begin < offset_ + static_cast<Offset>(bytes_.size()) && end > offset_;
}

int WalBuffer::put_off(const void* data, std::size_t count, Offset offset) {
  const bool goes_on = offset == offset_ + static_cast<Offset>(bytes_.size());
  if (!goes_on || bytes_.size() + count > capacity) {
    const int flushed = flush();
    if (flushed != SQLITE_OK) return flushed;
    offset_ = offset;
  }
  if (count > capacity) return real_->xWrite(file_, data, static_cast<int>(count), offset);
  const char* const begin = static_cast<const char*>(data);
  bytes_.insert(bytes_.end(), begin, begin + count);
  return SQLITE_OK;
}

// Once, also if it fails.
int WalBuffer::flush() {
  if (bytes_.empty()) return SQLITE_OK;
  const int written = real_->xWrite(file_, bytes_.data(), static_cast<int>(bytes_.size()), offset_);
  bytes_.clear();
  return written;
}

void WalBuffer::end() {
  puts_off_ = false;
  bytes_.clear();
}

void WalBuffer::let_go() {
  if (file_ == nullptr) return;
  file_->pMethods = real_;
  file_ = nullptr;
}

}  // namespace console_policy::store
