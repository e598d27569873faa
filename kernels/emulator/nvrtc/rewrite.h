// SPDX-License-Identifier: Apache-2.0
// Turns preprocessed CUDA C++ into what g++ compiles. Line numbers stay.
#pragma once

#include <string>
#include <vector>

namespace rigor {

// __shared__ variables become thread-local (a block runs on one OS thread), extern ones a pointer
// into dynamic shared memory; behind each non-template kernel stands its entry in the kernel table.
std::string rewriteDeviceCode(const std::string& preprocessed);

// The table entry of a name expression, such as "scale<float>".
std::string entryOf(const std::string& expression, const std::string& loweredName);

// What nvrtcGetLoweredName answers for the index-th name expression.
std::string loweredName(const std::string& expression, size_t index);

}  // namespace rigor
