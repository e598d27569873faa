// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <cstring>

#include "compile.h"

namespace rigor {
namespace {

// Options that change nothing here.
const char* const accepted[] = {
    "--fmad=", "-fmad=", "--device-as-default-execution-space", "-default-device", "--generate-line-info",
    "-lineinfo", "--restrict", "-restrict", "--disable-warnings", "-w", "--display-error-number", "-err-no",
    "--no-display-error-number", "-no-err-no", "--maxrregcount=", "-maxrregcount=", "--ptxas-options=",
    "--ftz=false", "-ftz=false", "--prec-div=true", "-prec-div=true", "--prec-sqrt=true", "-prec-sqrt=true",
    "--device-debug", "-G", "--dopt=", "-dopt=", "--relocatable-device-code=false", "-rdc=false", "--minimal",
    "-minimal", "--split-compile=", "--no-source-include", "-no-source-include", "--diag-suppress=",
};
// Options that change results in ways the emulator does not imitate.
const char* const refused[] = {"--use_fast_math", "-use_fast_math", "--ftz=true", "-ftz=true", "--prec-div=false",
                               "-prec-div=false", "--prec-sqrt=false", "-prec-sqrt=false"};

bool matches(const char* option, const char* pattern) {
  size_t n = strlen(pattern);
  return pattern[n - 1] == '=' ? !strncmp(option, pattern, n) : !strcmp(option, pattern);
}

// The value of `-X VALUE`, `-XVALUE`, `--long=VALUE` or `--long VALUE`; null if this is another option.
const char* valueOf(int count, const char* const* options, int* i, const char* brief, const char* full) {
  const char* o = options[*i];
  size_t n = strlen(full);
  const char* rest = nullptr;
  if (!strncmp(o, full, n) && (o[n] == '=' || o[n] == 0)) rest = o[n] ? o + n + 1 : o + n;
  else if (!strncmp(o, brief, strlen(brief))) {
    rest = o + strlen(brief);
    if (*rest == '=') rest++;
  }
  if (!rest) return nullptr;
  if (*rest == 0 && *i + 1 < count) rest = options[++*i];
  return rest;
}

bool parseArchitecture(const char* value, Options* out) {
  const char* digits = strchr(value, '_');
  if (!digits || (strncmp(value, "sm_", 3) && strncmp(value, "compute_", 8))) return false;
  out->architecture = atoi(digits + 1);
  out->virtualArchitecture = value[0] == 'c';
  return out->architecture >= 50;
}

}  // namespace

bool parseOptions(int count, const char* const* options, Options* out, std::string* error) {
  for (int i = 0; i < count; i++) {
    std::string given = options[i];
    bool known = false;
    for (const char* a : accepted) known = known || matches(options[i], a);
    if (known) continue;
    for (const char* r : refused) {
      if (!matches(options[i], r)) continue;
      *error = "nvrtc: error: the emulator computes in IEEE arithmetic and cannot honour " + given + "\n";
      return false;
    }
    if (const char* v = valueOf(count, options, &i, "-arch", "--gpu-architecture")) {
      if (parseArchitecture(v, out)) continue;
    } else if (const char* v = valueOf(count, options, &i, "-std", "--std")) {
      out->standard = v;
      if (out->standard == "c++17" || out->standard == "c++20") continue;
    } else if (const char* v = valueOf(count, options, &i, "-D", "--define-macro")) {
      out->preprocessor.push_back(std::string("-D") + v);
      continue;
    } else if (const char* v = valueOf(count, options, &i, "-U", "--undefine-macro")) {
      out->preprocessor.push_back(std::string("-U") + v);
      continue;
    } else if (const char* v = valueOf(count, options, &i, "-I", "--include-path")) {
      out->preprocessor.push_back(std::string("-I") + v);
      continue;
    }
    *error = "nvrtc: error: invalid value or unknown option: " + given + "\n";
    return false;
  }
  return true;
}

}  // namespace rigor
