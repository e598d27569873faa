// SPDX-License-Identifier: Apache-2.0
#include "rewrite.h"

#include <algorithm>
#include <cctype>

namespace rigor {
namespace {

bool isWord(char c) { return isalnum((unsigned char)c) || c == '_'; }

std::string entry(int id, const std::string& expression, const std::string& name, const std::string& bounds) {
  std::string n = std::to_string(id);
  return " static RigorKernelEntry rigor_entry_" + n + " = ::RigorEntryOf<(" + expression + ")>::make(" + name +
         ", ::rigorFirst(" + (bounds.empty() ? "1024" : bounds) +
         ")); __attribute__((used, section(\"rigor_kernels\"))) static RigorKernelEntry* rigor_pointer_" + n +
         " = &rigor_entry_" + n + ";";
}

class Rewriter {
 public:
  explicit Rewriter(const std::string& text) : in_(text) { out_.reserve(text.size() * 2); }

  std::string run() {
    while (at_ < in_.size()) step();
    return std::move(out_);
  }

 private:
  void step() {
    char c = in_[at_];
    if (c == '#' && (at_ == 0 || in_[at_ - 1] == '\n')) return copyTo(in_.find('\n', at_));
    if (c == '"' || c == '\'') return copyTo(literalEnd());
    if (isdigit((unsigned char)c)) return copyTo(numberEnd());
    if (isWord(c)) return word();
    punctuation(c);
    copyTo(at_ + 1);
    if (c == '}' && depth_ == bodyDepth_) {
      bodyDepth_ = -1;
      out_ += entry(entries_++, "&" + kernel_, "nullptr", bounds_);
    }
  }

  void word() {
    size_t end = at_;
    while (end < in_.size() && isWord(in_[end])) end++;
    std::string w = in_.substr(at_, end - at_);
    if (w == "__global__") {
      at_ = end;
      inKernelHead_ = true;
      bounds_.clear();
    } else if (w == "__launch_bounds__") {
      size_t open = in_.find('(', end), close = matching(open);
      bounds_ = in_.substr(open + 1, close - open - 1);
      skipTo(close + 1);
    } else if (w == "extern" && nextWord(end) == "__shared__") {
      dynamicShared(end);
    } else if (w == "__shared__") {
      sharedVariables(end);
    } else if (w == "__attribute__" && inKernelHead_) {
      copyTo(matching(in_.find('(', end)) + 1);
    } else {
      if (w == "template") isTemplate_ = true;
      if (w == "namespace" || w == "extern") opensNamespace_ = true;
      copyTo(end);
    }
    lastWord_ = w;
  }

  void punctuation(char c) {
    if (c == '(' && inKernelHead_) {  // the word before the parameter list is the kernel's name
      kernel_ = lastWord_;
      size_t after = in_.find_first_not_of(" \t\r\n", matching(at_) + 1);
      inKernelHead_ = false;
      if (after != std::string::npos && in_[after] == '{' && !isTemplate_) bodyDepth_ = depth_;
    }
    if (c == '{') {
      depth_++;
      inFunction_.push_back(!opensNamespace_);
    }
    if (c == '}') {
      depth_--;
      if (!inFunction_.empty()) inFunction_.pop_back();
    }
    if (c == ';' || c == '{' || c == '}') isTemplate_ = opensNamespace_ = false;
  }

  // extern __shared__ T name[];  ->  T* name = (T*)dynamic shared memory;
  void dynamicShared(size_t afterExtern) {
    size_t end = in_.find(';', afterExtern);
    size_t open = in_.rfind('[', end);
    if (end == std::string::npos || open == std::string::npos || open < at_) return copyTo(afterExtern);
    size_t nameEnd = in_.find_last_not_of(" \t\r\n", open - 1) + 1, name = nameEnd;
    while (isWord(in_[name - 1])) name--;
    size_t type = in_.find("__shared__", at_) + 10;
    for (;;) {  // alignment belongs to the array; dynamic shared memory is aligned to 16 anyway
      type = in_.find_first_not_of(" \t\r\n", type);
      bool alignment = !in_.compare(type, 13, "__attribute__") || !in_.compare(type, 7, "alignas");
      if (!alignment) break;
      type = matching(in_.find('(', type)) + 1;
    }
    std::string t = in_.substr(type, name - type);
    out_ += t + "* " + in_.substr(name, nameEnd - name) + " = ::rigorDynamicShared<" + t + ">();";
    size_t lines = std::count(in_.begin() + at_, in_.begin() + end, '\n') - 2 * std::count(t.begin(), t.end(), '\n');
    out_.append(std::max<long>(0, (long)lines), '\n');
    at_ = end + 1;
  }

  // __shared__ T a[4], b;  ->  static thread_local T tls_a[4], tls_b; and references a, b to them.
  void sharedVariables(size_t type) {
    out_ += lastWord_ == "static" ? "thread_local" : "static thread_local";
    at_ = type;
    if (std::find(inFunction_.begin(), inFunction_.end(), true) == inFunction_.end()) return;
    std::string references;
    size_t nameEnd = std::string::npos;
    int nesting = 0;
    for (size_t i = type; i < in_.size(); i++) {
      char c = in_[i];
      if ((c == '[' || c == ',' || c == ';' || c == '=') && nesting == 0 && nameEnd == std::string::npos) {
        nameEnd = in_.find_last_not_of(" \t\r\n", i - 1) + 1;
        size_t name = nameEnd;
        while (isWord(in_[name - 1])) name--;
        std::string n = in_.substr(name, nameEnd - name);
        copyTo(name);
        out_ += "rigorTls_";
        copyTo(nameEnd);
        references += " auto& " + n + " = ::rigorShared(rigorTls_" + n + ");";
      }
      if (c == '(' || c == '[' || c == '<' || c == '{') nesting++;
      if (c == ')' || c == ']' || c == '>' || c == '}') nesting--;
      if (c == ',' && nesting == 0) nameEnd = std::string::npos;
      if (c == ';' && nesting == 0) {
        copyTo(i + 1);
        break;
      }
    }
    out_ += references;
  }

  void copyTo(size_t end) {
    end = std::min(end, in_.size());
    out_.append(in_, at_, end - at_);
    at_ = end;
  }

  void skipTo(size_t end) {
    for (; at_ < end && at_ < in_.size(); at_++)
      if (in_[at_] == '\n') out_ += '\n';
  }

  size_t literalEnd() const {
    if (at_ > 0 && in_[at_] == '"' && in_[at_ - 1] == 'R') {
      size_t open = in_.find('(', at_);
      size_t close = in_.find(")" + in_.substr(at_ + 1, open - at_ - 1) + "\"", open);
      return close == std::string::npos ? in_.size() : close + (open - at_) + 1;
    }
    size_t i = at_ + 1;
    while (i < in_.size() && in_[i] != in_[at_] && in_[i] != '\n') i += in_[i] == '\\' ? 2 : 1;
    return i + 1;
  }

  size_t numberEnd() const {  // digit separators are no character literals
    size_t i = at_;
    while (i < in_.size() && (isWord(in_[i]) || in_[i] == '.' || in_[i] == '\'')) i++;
    return i;
  }

  size_t matching(size_t open) const {
    int depth = 0;
    for (size_t i = open; i < in_.size(); i++) {
      if (in_[i] == '(') depth++;
      if (in_[i] == ')' && --depth == 0) return i;
    }
    return in_.size();
  }

  std::string nextWord(size_t from) const {
    size_t begin = in_.find_first_not_of(" \t\r\n", from), end = begin;
    if (begin == std::string::npos) return {};
    while (end < in_.size() && isWord(in_[end])) end++;
    return in_.substr(begin, end - begin);
  }

  const std::string& in_;
  std::string out_;
  size_t at_ = 0;
  int depth_ = 0, bodyDepth_ = -1, entries_ = 0;
  bool isTemplate_ = false, inKernelHead_ = false, opensNamespace_ = false;
  std::vector<bool> inFunction_;  // one a brace that is open: false for namespaces
  std::string lastWord_, kernel_, bounds_;
};

}  // namespace

std::string rewriteDeviceCode(const std::string& preprocessed) { return Rewriter(preprocessed).run(); }

std::string loweredName(const std::string& expression, size_t index) {
  std::string name = "_Zrigor" + std::to_string(index) + "_";
  for (char c : expression) name += isWord(c) ? c : '_';
  return name;
}

std::string entryOf(const std::string& expression, const std::string& name) {
  static int id = 1000000;
  return entry(id++, expression, "\"" + name + "\"", "");
}

}  // namespace rigor
