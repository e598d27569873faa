// SPDX-License-Identifier: Apache-2.0
/**
 * The search for CUDA's libraries on this machine, JCuda's native code fitted to them, and the
 * emulator's libraries built in their stead.
 */
package org.rigor.exec.cuda.loading;
