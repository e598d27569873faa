// SPDX-License-Identifier: Apache-2.0
// libnvrtc.so.12: the API of NVRTC 12.6 over compile().
#include <algorithm>
#include <cstring>
#include <map>

#include "compile.h"
#include "rewrite.h"

#define API extern "C" __attribute__((visibility("default")))

namespace {

enum nvrtcResult {
  NVRTC_SUCCESS = 0,
  NVRTC_ERROR_INVALID_INPUT = 3,
  NVRTC_ERROR_INVALID_PROGRAM = 4,
  NVRTC_ERROR_INVALID_OPTION = 5,
  NVRTC_ERROR_COMPILATION = 6,
  NVRTC_ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION = 8,
  NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION = 9,
  NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID = 10,
  NVRTC_ERROR_INTERNAL_ERROR = 11,
};

constexpr int kArchitectures[] = {50, 52, 53, 60, 61, 62, 70, 72, 75, 80, 86, 87, 89, 90};

struct Program {
  rigor::Source source;
  rigor::Options options;
  std::map<std::string, std::string> lowered;
  bool compiled = false;
  std::string log, image, text;  // text: the image as PTX
};

std::string asText(const std::string& image) {
  static const char digits[] = "0123456789abcdef";
  std::string text = "// rigor emulator\n";
  text.reserve(text.size() + 2 * image.size());
  for (unsigned char c : image) {
    text += digits[c >> 4];
    text += digits[c & 15];
  }
  return text;
}

nvrtcResult copyOut(const std::string& from, char* to) {
  if (!to) return NVRTC_ERROR_INVALID_INPUT;
  memcpy(to, from.c_str(), from.size() + 1);
  return NVRTC_SUCCESS;
}

}  // namespace

API nvrtcResult nvrtcVersion(int* major, int* minor) {
  *major = 12;
  *minor = 6;
  return NVRTC_SUCCESS;
}

API const char* nvrtcGetErrorString(nvrtcResult result) {
  switch (result) {
    case NVRTC_SUCCESS: return "NVRTC_SUCCESS";
    case NVRTC_ERROR_INVALID_INPUT: return "NVRTC_ERROR_INVALID_INPUT";
    case NVRTC_ERROR_INVALID_PROGRAM: return "NVRTC_ERROR_INVALID_PROGRAM";
    case NVRTC_ERROR_INVALID_OPTION: return "NVRTC_ERROR_INVALID_OPTION";
    case NVRTC_ERROR_COMPILATION: return "NVRTC_ERROR_COMPILATION";
    case NVRTC_ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION:
      return "NVRTC_ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION";
    case NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION: return "NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION";
    case NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID: return "NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID";
    default: return "NVRTC_ERROR unknown";
  }
}

API nvrtcResult nvrtcGetNumSupportedArchs(int* count) {
  *count = (int)std::size(kArchitectures);
  return NVRTC_SUCCESS;
}

API nvrtcResult nvrtcGetSupportedArchs(int* out) {
  std::copy(std::begin(kArchitectures), std::end(kArchitectures), out);
  return NVRTC_SUCCESS;
}

API nvrtcResult nvrtcCreateProgram(Program** out, const char* text, const char* name, int headerCount,
                                   const char* const* headers, const char* const* includeNames) {
  if (!out || !text || headerCount < 0 || (headerCount && (!headers || !includeNames)))
    return NVRTC_ERROR_INVALID_INPUT;
  auto* p = new Program;
  p->source.name = name && *name ? name : "default_program";
  p->source.text = text;
  for (int i = 0; i < headerCount; i++) p->source.headers.emplace_back(includeNames[i], headers[i]);
  *out = p;
  return NVRTC_SUCCESS;
}

API nvrtcResult nvrtcDestroyProgram(Program** program) {
  if (!program || !*program) return NVRTC_ERROR_INVALID_PROGRAM;
  delete *program;
  *program = nullptr;
  return NVRTC_SUCCESS;
}

API nvrtcResult nvrtcAddNameExpression(Program* p, const char* expression) {
  if (!p) return NVRTC_ERROR_INVALID_PROGRAM;
  if (!expression) return NVRTC_ERROR_INVALID_INPUT;
  if (p->compiled) return NVRTC_ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION;
  auto& all = p->source.nameExpressions;
  if (std::find(all.begin(), all.end(), expression) == all.end()) all.push_back(expression);
  return NVRTC_SUCCESS;
}

API nvrtcResult nvrtcCompileProgram(Program* p, int count, const char* const* options) {
  if (!p) return NVRTC_ERROR_INVALID_PROGRAM;
  p->compiled = true;
  p->options = {};
  p->image.clear();
  p->text.clear();
  if (!rigor::parseOptions(count, options, &p->options, &p->log)) return NVRTC_ERROR_INVALID_OPTION;
  rigor::Compiled result;
  try {
    result = rigor::compile(p->source, p->options);
  } catch (const std::exception& e) {
    p->log = std::string("error: ") + e.what() + "\n";
    return NVRTC_ERROR_INTERNAL_ERROR;
  }
  p->log = result.log;
  if (!result.ok) return NVRTC_ERROR_COMPILATION;
  p->image = std::move(result.image);
  for (size_t i = 0; i < p->source.nameExpressions.size(); i++)
    p->lowered[p->source.nameExpressions[i]] = rigor::loweredName(p->source.nameExpressions[i], i);
  return NVRTC_SUCCESS;
}

API nvrtcResult nvrtcGetLoweredName(Program* p, const char* expression, const char** out) {
  if (!p) return NVRTC_ERROR_INVALID_PROGRAM;
  if (p->image.empty()) return NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION;
  auto i = p->lowered.find(expression);
  if (i == p->lowered.end()) return NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID;
  *out = i->second.c_str();
  return NVRTC_SUCCESS;
}

API nvrtcResult nvrtcGetProgramLogSize(Program* p, size_t* bytes) {
  if (!p) return NVRTC_ERROR_INVALID_PROGRAM;
  *bytes = p->log.size() + 1;
  return NVRTC_SUCCESS;
}
API nvrtcResult nvrtcGetProgramLog(Program* p, char* out) {
  return p ? copyOut(p->log, out) : NVRTC_ERROR_INVALID_PROGRAM;
}

API nvrtcResult nvrtcGetPTXSize(Program* p, size_t* bytes) {
  if (!p || p->image.empty()) return NVRTC_ERROR_INVALID_PROGRAM;
  if (p->text.empty()) p->text = asText(p->image);
  *bytes = p->text.size() + 1;
  return NVRTC_SUCCESS;
}
API nvrtcResult nvrtcGetPTX(Program* p, char* out) {
  if (!p || p->image.empty()) return NVRTC_ERROR_INVALID_PROGRAM;
  if (p->text.empty()) p->text = asText(p->image);
  return copyOut(p->text, out);
}

// As with NVRTC there is machine code only for a real architecture (sm_90, not compute_90).
API nvrtcResult nvrtcGetCUBINSize(Program* p, size_t* bytes) {
  if (!p || p->image.empty()) return NVRTC_ERROR_INVALID_PROGRAM;
  *bytes = p->options.virtualArchitecture ? 0 : p->image.size();
  return NVRTC_SUCCESS;
}
API nvrtcResult nvrtcGetCUBIN(Program* p, char* out) {
  if (!p || p->image.empty() || p->options.virtualArchitecture) return NVRTC_ERROR_INVALID_PROGRAM;
  memcpy(out, p->image.data(), p->image.size());
  return NVRTC_SUCCESS;
}
