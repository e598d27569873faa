// SPDX-License-Identifier: Apache-2.0
/**
 * The CUDA device, on a GPU or on the emulator, without the CUDA runtime: executables, sequences,
 * scopes and the doctor's report. Its subpackages, each using only those before it: {@code loading}
 * finds and loads the libraries, {@code driver} wraps contexts, streams, memory, graphs and cuBLAS,
 * {@code code} turns the steps of a plan into kernels.
 */
package org.rigor.exec.cuda;
