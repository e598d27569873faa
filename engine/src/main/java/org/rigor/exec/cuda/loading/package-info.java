// SPDX-License-Identifier: Apache-2.0
/**
 * The search for CUDA's libraries on this machine, JCuda's native code adapted to them, and the
 * emulator's libraries that replace them.
 */
package org.rigor.exec.cuda.loading;
